/**
 * Makes a blank chip a wristband: immutable block, root image, empty second slot, the chip's own password. What is reported to
 * the cloud afterwards is all that anybody needs to know of it; until then no box credits or replaces it, though it pays.
 */
import { concatBytes, equalBytes, readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import { type PersonaliseOutcome, personalise } from '@pulsera/firmware-protocol/chip/ntag21x';
import { chipPassword, type KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import { ChipUid, type EventId, type Generation, type WalletId } from '@pulsera/firmware-protocol/ids';
import { SLOT_BYTES, sealImage } from '@pulsera/firmware-protocol/purse/image';
import { IMMUTABLE_BYTES, openImmutable, sealImmutable } from '@pulsera/firmware-protocol/purse/immutable';
import type { Presence, Reader } from '@pulsera/firmware-protocol/reader/reader';
import { z } from 'zod';
import { ChipKeys } from '../tap/keys.ts';

/** As the cloud registers it: `POST …/wristbands`. */
export const Wristband = z.strictObject({
  uid: ChipUid,
  wallet: z.string().regex(/^[0-9a-f]{16}$/),
  generation: z.literal(1),
  ageClass: z.int().min(0).max(255),
  keySet: z.int().min(0).max(255),
  /** Slot 0 as written: 20 bytes as hex. */
  rootImage: z.string().regex(/^[0-9a-f]{40}$/),
});
export type Wristband = z.infer<typeof Wristband>;

export interface WristbandMaker {
  readonly event: EventId;
  readonly keySets: readonly KeySet[];
  readonly random: (length: number) => Uint8Array;
  /** 0 unknown, else the age from which the wearer was checked to be. */
  readonly ageClass: number;
}

export type Made =
  | { readonly kind: 'made'; readonly wristband: Wristband }
  /** It is one of this event already: reported again, in case it never was. `fresh` says that nothing was paid with it yet. */
  | { readonly kind: 'already-ours'; readonly wristband: Wristband; readonly fresh: boolean }
  /** Protected by somebody else's password, or not a chip we can use. */
  | {
      readonly kind: 'refused';
      readonly reason:
        | Exclude<PersonaliseOutcome['kind'], 'ok' | 'torn' | 'already-personalised'>
        | 'foreign-event';
    }
  /** It left too soon: the same one again. */
  | { readonly kind: 'torn' };

const GENERATION = 1 as Generation;

/** The chip in the field of `reader` becomes a wristband, with the newest key set. */
export async function makeWristband(reader: Reader, chip: Presence, maker: WristbandMaker): Promise<Made> {
  const uid = ChipUid.parse(chip.uid);
  const { event, keySets, random, ageClass } = maker;
  const keys = new ChipKeys(event, keySets);
  const { mac } = keys.of(uid);
  const keySet = keySets.toSorted((a, b) => b.number - a.number)[0];
  if (keySet === undefined) throw new RangeError('ChipKeys takes no empty list');
  const wallet = toHex(random(8)) as WalletId;
  const root = sealImage(
    {
      counter: 0,
      nonce: readUint(random(2), 0, 2),
      balanceMinor: 0,
      bonusMinor: 0,
      keySet: keySet.number,
      creditNumber: 0,
    },
    { uid, wallet, generation: GENERATION },
    mac,
  );
  const block = sealImmutable(
    { keySet: keySet.number, ageClass, generation: GENERATION, event, wallet },
    uid,
    mac,
  );
  const user = concatBytes(block, root, new Uint8Array(SLOT_BYTES));
  const outcome = await personalise(reader, { uid, user, ...chipPassword(keySet.password, uid) });
  switch (outcome.kind) {
    case 'ok':
      return { kind: 'made', wristband: described(uid, wallet, ageClass, keySet.number, root) };
    case 'already-personalised':
      return known(uid, outcome.user, event, keys);
    case 'torn':
    case 'removed':
      return { kind: 'torn' };
    default:
      return { kind: 'refused', reason: outcome.kind };
  }
}

/** One of ours by its password. Its root can only be told while nothing has been written over it. */
function known(uid: ChipUid, user: Uint8Array, event: EventId, keys: ChipKeys): Made {
  const opened = openImmutable(user.slice(0, IMMUTABLE_BYTES), uid, event, keys.of(uid).mac);
  if (opened.kind !== 'immutable') return { kind: 'refused', reason: 'foreign-event' };
  const { wallet, ageClass, keySet } = opened.block;
  const slot0 = user.slice(IMMUTABLE_BYTES, IMMUTABLE_BYTES + SLOT_BYTES);
  const slot1 = user.slice(IMMUTABLE_BYTES + SLOT_BYTES, IMMUTABLE_BYTES + 2 * SLOT_BYTES);
  const fresh = readUint(slot0, 0, 2) === 0 && equalBytes(slot1, new Uint8Array(SLOT_BYTES));
  return { kind: 'already-ours', wristband: described(uid, wallet, ageClass, keySet, slot0), fresh };
}

function described(
  uid: ChipUid,
  wallet: string,
  ageClass: number,
  keySet: number,
  root: Uint8Array,
): Wristband {
  return { uid, wallet, generation: GENERATION as 1 & Generation, ageClass, keySet, rootImage: toHex(root) };
}
