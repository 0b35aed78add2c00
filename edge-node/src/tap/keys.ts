/**
 * The keys of one chip, derived from the event's key sets (AN10922) when it comes into the field and kept for the few looks
 * that belong together.
 */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { cmacKey, type Mac } from '@pulsera/firmware-protocol/crypto/cmac';
import {
  type ChipPassword,
  chipPassword,
  chipPurseKey,
  type KeySet,
} from '@pulsera/firmware-protocol/crypto/keyset';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { ChipUid, EventId, KeySetNumber } from '@pulsera/firmware-protocol/ids';
import type { PurseMac } from '@pulsera/firmware-protocol/purse/image';

export interface ChipSecrets {
  /** To be tried in turn, newest key set first. */
  readonly passwords: readonly ChipPassword[];
  readonly mac: PurseMac;
}

/** As many chips as are in the fields of a box at once, and some. */
const KEPT = 128;

export class ChipKeys {
  readonly #event: EventId;
  readonly #keySets: readonly KeySet[];
  readonly #kept = new Map<ChipUid, ChipSecrets>();

  /** @param keySets all that this box holds, in any order. @throws Fault `key-set-missing` when there are none */
  constructor(event: EventId, keySets: readonly KeySet[]) {
    this.#event = event;
    this.#keySets = keySets.toSorted((a, b) => b.number - a.number);
    if (keySets.length === 0) throw noKeySet();
  }

  /** Which key set seals new images: the newest that is held and honoured. @throws Fault `key-set-missing` */
  sealing(honoured: readonly KeySetNumber[]): KeySetNumber {
    const newest = this.#keySets.find(({ number }) => honoured.includes(number));
    if (newest === undefined) throw noKeySet();
    return newest.number;
  }

  of(uid: ChipUid): ChipSecrets {
    const kept = this.#kept.get(uid) ?? this.#derive(uid);
    // Put behind the others: the first in the map is the one unused for longest.
    this.#kept.delete(uid);
    this.#kept.set(uid, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return kept;
  }

  #derive(uid: ChipUid): ChipSecrets {
    const macs = new Map<KeySetNumber, Mac>();
    const purseKeys = new Map(this.#keySets.map(({ number, purse }) => [number, purse]));
    return {
      passwords: this.#keySets.map(({ password }) => chipPassword(password, uid)),
      mac: (keySet, message) => {
        const master = purseKeys.get(keySet);
        if (master === undefined) return undefined;
        const mac = macs.get(keySet) ?? cmacKey(chipPurseKey(master, uid, this.#event));
        macs.set(keySet, mac);
        return mac(message);
      },
    };
  }
}

/** A key set as it travels, in hex, made ready. */
export function keySetFrom(hex: {
  number: KeySetNumber;
  purse: string;
  access: string;
  password: string;
}): KeySet {
  return {
    number: hex.number,
    purse: fromHex(hex.purse),
    access: fromHex(hex.access),
    password: fromHex(hex.password),
  };
}

function noKeySet(): Fault {
  return new Fault(
    'key-set-missing',
    'Let the box fetch its key sets from the cloud: it holds none that the plan honours.',
  );
}
