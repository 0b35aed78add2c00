/**
 * The encoding station's half that holds the keys. Each chip that is held to the reader becomes a wristband, after whoever ordered it has
 * written down which one; what goes out names wallet and root image and no key.
 *
 * A chip that was torn away keeps its order until it is done, so that holding it there again finishes the same wristband.
 */
import { readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import type { KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import { ChipUid, type EventId, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Presence, Reader } from '@pulsera/firmware-protocol/reader/reader';
import type { EncodingOutcome } from '@pulsera/firmware-protocol/wire/encoding';
import {
  freshWristband,
  personaliseWristband,
  type Wristband,
  type WristbandOrder,
  type WristbandOutcome,
} from '@pulsera/firmware-protocol/wristband';
import type { Random } from '../identity/vault.ts';

export interface Station {
  readonly event: EventId;
  readonly keySet: KeySet;
  readonly olderKeySets: readonly KeySet[];
  readonly ageClass: number;
  readonly random: Random;
  /** Resolves when it is safe to write: the order is on somebody's disk. */
  begun(wristband: Wristband): Promise<void>;
}

export class Encoder {
  readonly #station: Station;
  readonly #unfinished = new Map<ChipUid, WristbandOrder>();

  constructor(station: Station) {
    this.#station = station;
  }

  /** The chip of this presence. Never rejects for what chip or reader do. */
  async encode(reader: Reader, chip: Presence): Promise<EncodingOutcome> {
    const uid = ChipUid.parse(chip.uid);
    const order = this.#unfinished.get(uid) ?? this.#order();
    this.#unfinished.set(uid, order);
    await this.#station.begun(freshWristband(uid, order).wristband);
    const outcome = await personaliseWristband(reader, order, chip);
    if (isOver(outcome)) this.#unfinished.delete(uid);
    return told(uid, outcome);
  }

  #order(): WristbandOrder {
    const { event, keySet, olderKeySets, ageClass, random } = this.#station;
    return {
      event,
      keySet,
      olderKeySets,
      ageClass,
      generation: Generation.parse(1),
      wallet: WalletId.parse(toHex(random(8))),
      nonce: readUint(random(2), 0, 2),
    };
  }
}

function isOver({ kind }: WristbandOutcome): boolean {
  return kind !== 'torn' && kind !== 'removed' && kind !== 'unreadable' && kind !== 'reader-down';
}

function told(uid: ChipUid, outcome: WristbandOutcome): EncodingOutcome {
  switch (outcome.kind) {
    case 'made':
    case 'already-ours':
      return { kind: outcome.kind, wristband: outcome.wristband };
    case 'in-use':
      return { kind: 'in-use', uid, wallet: outcome.wallet };
    case 'reader-down':
      return { kind: 'reader-down' };
    default:
      return { kind: outcome.kind, uid };
  }
}
