/**
 * Making a wristband: what a fresh one holds, and the encoding of one chip from being held to the reader to its outcome. Chip driver,
 * purse and keys meet here and nowhere else in the protocol, because a wristband is all three at once.
 *
 * A chip that turns out to be ours already is read, not written: an unused one tells everything that has to be reported about it, so
 * an encoding station that lost its notes holds the wristband to the reader once more.
 */
import { z } from 'zod';
import { concatBytes, toHex } from './bytes.ts';
import {
  type Ntag21xModel,
  type PersonaliseOutcome,
  personalise,
  type ReadOutcome,
  readChip,
} from './chip/ntag21x.ts';
import { cmacKey, type Mac } from './crypto/cmac.ts';
import { type ChipPassword, chipPassword, chipPurseKey, type KeySet } from './crypto/keyset.ts';
import { ChipUid, type EventId, Generation, KeySetNumber, WalletId } from './ids.ts';
import { type ChipIdentity, type PurseMac, SLOT_BYTES, sealImage } from './purse/image.ts';
import { sealImmutable } from './purse/immutable.ts';
import { openPurse } from './purse/purse.ts';
import type { Presence, Reader } from './reader/reader.ts';

/** A wristband as it is reported to the cloud: nothing secret, and enough to know the root of its image graph. */
export const Wristband = z.strictObject({
  uid: ChipUid,
  wallet: WalletId,
  generation: Generation,
  /** 0 unknown, else the age from which the wearer is checked to be, in years. */
  ageClass: z.int().min(0).max(255),
  /** The key set it was issued under. */
  keySet: KeySetNumber,
  /** Slot 0 as written: 20 bytes as hex. */
  rootImage: z.string().regex(/^[0-9a-f]{40}$/, '20 bytes as lower-case hex'),
});
export type Wristband = z.infer<typeof Wristband>;

export interface WristbandOrder {
  readonly event: EventId;
  /** The newest one that boxes honour. */
  readonly keySet: KeySet;
  /** Others of the event, by which wristbands of earlier days are recognised. */
  readonly olderKeySets?: readonly KeySet[];
  readonly wallet: WalletId;
  readonly generation: Generation;
  readonly ageClass: number;
  /** 16 random bits: what tells two first images of one chip apart. */
  readonly nonce: number;
}

export interface FreshWristband extends ChipPassword {
  readonly wristband: Wristband;
  /** User memory from page 4 on, 64 bytes: immutable block, root image, blank slot. */
  readonly user: Uint8Array;
}

export type WristbandOutcome =
  /** Written, protected and read back. */
  | { readonly kind: 'made'; readonly model: Ntag21xModel; readonly wristband: Wristband }
  /** One of this event's that nobody has used: as good as made now, and `wristband` is read off it. */
  | { readonly kind: 'already-ours'; readonly wristband: Wristband }
  /** One of this event's with a life behind it. It was left alone: there may be money on it. */
  | { readonly kind: 'in-use'; readonly wallet: WalletId; readonly counter: number }
  /** Takes our password and holds no purse of ours: edited, or made with a purse key that isn't held here. */
  | { readonly kind: 'damaged' }
  /** Protected by somebody else: another event's, or another maker's. */
  | { readonly kind: 'foreign' }
  /** No NTAG213, 215 or 216. */
  | { readonly kind: 'wrong-chip' }
  /** Somebody has locked pages of it for good. */
  | { readonly kind: 'locked'; readonly page: number }
  /** Left the field half written. Hold the same one to the reader again. */
  | { readonly kind: 'torn'; readonly step: string }
  /** Answered with noise, or left before anything was written: hold it there again. */
  | { readonly kind: 'unreadable' | 'removed' }
  | { readonly kind: 'reader-down' };

/** What this chip shall hold, and how it is protected. Pure. @throws Fault `chip-uid-invalid`, `key-length-invalid` */
export function freshWristband(uid: ChipUid, order: WristbandOrder): FreshWristband {
  const { event, keySet, wallet, generation, ageClass, nonce } = order;
  const mac = purseMac(uid, event, [keySet]);
  const block = { keySet: keySet.number, ageClass, generation, event, wallet };
  const empty = { counter: 0, nonce, balanceMinor: 0, bonusMinor: 0, creditNumber: 0, keySet: keySet.number };
  const root = sealImage(empty, { uid, wallet, generation }, mac);
  return {
    ...chipPassword(keySet.password, uid),
    user: concatBytes(sealImmutable(block, uid, mac), root, new Uint8Array(SLOT_BYTES)),
    wristband: { uid, wallet, generation, ageClass, keySet: keySet.number, rootImage: toHex(root) },
  };
}

/**
 * Makes the chip in the field a wristband. Never rejects for what a chip or a reader does. Repeated with the same order after a tear,
 * it finishes the same wristband.
 * @param chip the presence that was decided on; another one in the field by now: `removed`
 */
export async function personaliseWristband(
  reader: Reader,
  order: WristbandOrder,
  chip: Presence | undefined = reader.chip(),
): Promise<WristbandOutcome> {
  if (!reader.isUp()) return { kind: 'reader-down' };
  if (chip === undefined || reader.chip()?.presence !== chip.presence) return { kind: 'removed' };
  const uid = ChipUid.parse(chip.uid);
  const fresh = freshWristband(uid, order);
  const done = await personalise(reader, { uid, user: fresh.user, pwd: fresh.pwd, pack: fresh.pack });
  if (done.kind === 'ok') return { kind: 'made', model: done.model, wristband: fresh.wristband };
  if (done.kind === 'already-personalised') return await recognised(reader, uid, done.user, order);
  const older = order.olderKeySets ?? [];
  if (done.kind !== 'foreign' || older.length === 0) return named(done);
  const read = await readChip(
    reader,
    older.map(({ password }) => chipPassword(password, uid)),
  );
  if (read.kind !== 'ok') return named(read);
  return await recognised(reader, uid, concatBytes(read.immutable, ...read.slots), order);
}

/**
 * A chip that took one of our passwords: whose is it, and has it been used? An unused one is personalised once more with what it holds:
 * it may have been torn away in its very last write, and a torn page reads well for a while before it decays.
 */
async function recognised(
  reader: Reader,
  uid: ChipUid,
  user: Uint8Array,
  { event, keySet: newest, olderKeySets = [] }: WristbandOrder,
): Promise<WristbandOutcome> {
  const keySets = [newest, ...olderKeySets];
  const purse = openPurse(user, uid, event, purseMac(uid, event, keySets));
  if (purse.kind !== 'purse') return { kind: purse.reason === 'wrong-event' ? 'foreign' : 'damaged' };
  const { immutable, current, slots } = purse;
  const { wallet, generation, ageClass, keySet } = immutable;
  const isUnused = current.counter === 0 && slots[1].every(byte => byte === 0);
  if (!isUnused) return { kind: 'in-use', wallet, counter: current.counter };
  const secret = keySets.find(({ number }) => number === keySet);
  if (secret === undefined) return { kind: 'damaged' };
  const settled = await personalise(reader, { uid, user, ...chipPassword(secret.password, uid) });
  if (settled.kind === 'already-personalised') return { kind: 'unreadable' };
  if (settled.kind !== 'ok') return named(settled);
  const rootImage = toHex(slots[0]);
  return { kind: 'already-ours', wristband: { uid, wallet, generation, ageClass, keySet, rootImage } };
}

function named(
  done:
    | Exclude<PersonaliseOutcome, { kind: 'ok' | 'already-personalised' }>
    | Exclude<ReadOutcome, { kind: 'ok' }>,
): WristbandOutcome {
  switch (done.kind) {
    case 'foreign':
      return { kind: 'foreign' };
    case 'wrong-chip':
    case 'too-small':
      return { kind: 'wrong-chip' };
    case 'locked-chip':
      return { kind: 'locked', page: done.page };
    case 'torn':
      return { kind: 'torn', step: done.step };
    case 'short-answer':
    // It refused every password a moment ago and is open now: what was heard can't be trusted.
    case 'blank-chip':
      return { kind: 'unreadable' };
    case 'removed':
    case 'reader-down':
      return { kind: done.kind };
  }
}

function purseMac(uid: ChipIdentity['uid'], event: EventId, keySets: readonly KeySet[]): PurseMac {
  const macs = new Map<KeySetNumber, Mac>();
  return (number, message) => {
    const master = keySets.find(keySet => keySet.number === number)?.purse;
    if (master === undefined) return undefined;
    const mac = macs.get(number) ?? cmacKey(chipPurseKey(master, uid, event));
    macs.set(number, mac);
    return mac(message);
  };
}
