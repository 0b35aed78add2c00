/**
 * The 64 bytes read off a chip. The last byte of an input says which of the three MACs are made good before they are looked at, so
 * that whatever a thief can't seal is tried too, as if he could.
 */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, EventId } from '@pulsera/firmware-protocol/ids';
import { type PurseMac, sealImage } from '@pulsera/firmware-protocol/purse/image';
import { sealImmutable } from '@pulsera/firmware-protocol/purse/immutable';
import { openPurse, PURSE_BYTES } from '@pulsera/firmware-protocol/purse/purse';
import { vectors } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

const UID = '04a1b2c3d4e5f6' as ChipUid;
const EVENT = 4242 as EventId;
/** Key sets from here on aren't held. */
const UNHELD = 200;

/** Not a MAC worth the name, but bound to every byte of its message like one. */
const mac: PurseMac = (keySet, message) => {
  if (keySet >= UNHELD) return undefined;
  let hash = keySet + 1;
  for (const byte of message) hash = Math.imul(hash ^ byte, 0x01000193);
  const tag = new Uint8Array(16);
  for (let i = 0; i < tag.length; i++) {
    hash = Math.imul(hash ^ i, 0x01000193);
    tag[i] = hash >>> 24;
  }
  return tag;
};

export const target: Target = {
  shape: 'bytes',
  seeds: vectors('purses.json', ['bytes']).flatMap(bytes =>
    [0b000, 0b001, 0b011, 0b111].map(seals => Uint8Array.from([...bytes, seals])),
  ),
  run: input => {
    const bytes = new Uint8Array(PURSE_BYTES);
    bytes.set(input.subarray(0, PURSE_BYTES));
    seal(bytes, input.at(-1) ?? 0);
    if (input.length < PURSE_BYTES) attempt([RangeError], () => openPurse(input, UID, EVENT, mac));
    const purse = openPurse(bytes, UID, EVENT, mac, keySet => keySet % 7 !== 6);
    if (purse.kind !== 'purse') return false;
    const { chip, current, immutable, slot, slots } = purse;
    holds(
      equalBytes(sealImmutable(immutable, UID, mac), bytes.subarray(0, 24)),
      'the immutable block is another when sealed again',
    );
    holds(equalBytes(sealImage(current, chip, mac), slots[slot]), 'the image is another when sealed again');
    holds(current.counter % 2 === slot, 'an image in the slot of the other parity');
    const other = slots[slot === 0 ? 1 : 0];
    const counter = (other[0] ?? 0) * 256 + (other[1] ?? 0);
    holds(
      !isSealed(other, chip) || counter % 2 === slot || counter < current.counter,
      'a newer image was passed over',
    );
    return true;
  },
};

type Chip = Parameters<typeof sealImage>[1];

function isSealed(slot: Uint8Array, chip: Chip): boolean {
  return equalBytes(tagOf(slot, chip) ?? new Uint8Array(0), slot.subarray(12));
}

const hexBytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

function tagOf(slot: Uint8Array, { wallet, generation }: Chip): Uint8Array | undefined {
  const keySet = slot[7] as Parameters<PurseMac>[0];
  const message = Uint8Array.from([
    ...slot.subarray(0, 12),
    ...hexBytes(UID),
    ...hexBytes(wallet),
    generation,
  ]);
  return mac(keySet, message)?.subarray(0, 8);
}

/** Bit 0: the immutable block; bits 1 and 2: the slots. */
function seal(bytes: Uint8Array, which: number): void {
  if ((which & 1) !== 0) {
    const keySet = bytes[1] as Parameters<PurseMac>[0];
    bytes.set(
      mac(keySet, Uint8Array.from([...bytes.subarray(0, 16), ...hexBytes(UID)]))?.subarray(0, 8) ?? [],
      16,
    );
  }
  const chip = {
    uid: UID,
    wallet: Buffer.from(bytes.subarray(8, 16)).toString('hex') as Chip['wallet'],
    generation: bytes[3] as Chip['generation'],
  };
  for (const [bit, at] of [
    [2, 24],
    [4, 44],
  ] as const) {
    if ((which & bit) !== 0) bytes.set(tagOf(bytes.subarray(at, at + 20), chip) ?? [], at + 12);
  }
}
