import fc from 'fast-check';
import { expect, test } from 'vitest';
import { purseMac } from '../../test/purse-keys.ts';
import { toHex } from '../bytes.ts';
import type { ChipUid, Generation, KeySetNumber, WalletId } from '../ids.ts';
import { type ChipIdentity, type Image, imageFields, openSlot, type PurseMac, sealImage } from './image.ts';

const uid = '04112233445566' as ChipUid;
const chip: ChipIdentity = { uid, wallet: '00112233445566ff' as WalletId, generation: 1 as Generation };
const mac = purseMac(uid);
const image = fc.record({
  counter: fc.nat(0xffff),
  nonce: fc.nat(0xffff),
  balanceMinor: fc.nat(0xff_ff_ff),
  bonusMinor: fc.nat(0xff_ff_ff),
  keySet: fc.constantFrom(1, 2).map(number => number as KeySetNumber),
  creditNumber: fc.nat(255),
});
const place = ({ counter }: Image) => (counter % 2 === 0 ? 0 : 1);
const some: Image = {
  counter: 0x0102,
  nonce: 0x0304,
  balanceMinor: 0x05_06_07,
  keySet: 8 as KeySetNumber,
  bonusMinor: 0x09_0a_0b,
  creditNumber: 0x0c,
};

test('an image stands in its 20 bytes as the layout draws it, the MAC over it, UID, wallet and generation', () => {
  const asked: string[] = [];
  const tag = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i);
  const spy: PurseMac = (keySet, message) => {
    asked.push(`${keySet} ${toHex(message)}`);
    return tag;
  };
  expect(toHex(sealImage(some, chip, spy))).toBe('0102030405060708090a0b0cf0f1f2f3f4f5f6f7');
  expect(asked).toEqual(['8 0102030405060708090a0b0c0411223344556600112233445566ff01']);
});

test('an image opens in the slot of its parity, and in no other', () => {
  fc.assert(
    fc.property(image, original => {
      const slot = sealImage(original, chip, mac);
      expect(imageFields(slot)).toEqual(original);
      expect(openSlot(slot, place(original), chip, mac)).toEqual({ kind: 'image', image: original });
      expect(openSlot(slot, place(original) === 0 ? 1 : 0, chip, mac)).toEqual({ kind: 'unsealed' });
    }),
  );
});

test('an image is worth nothing on another chip, for another wallet, generation or event', () => {
  fc.assert(
    fc.property(image, original => {
      const slot = sealImage(original, chip, mac);
      const at = place(original);
      const otherUid = '04112233445567' as ChipUid;
      for (const other of [
        { ...chip, uid: otherUid },
        { ...chip, wallet: '00112233445566fe' as WalletId },
        { ...chip, generation: 2 as Generation },
      ]) {
        expect(openSlot(slot, at, other, mac)).toEqual({ kind: 'unsealed' });
        expect(openSlot(slot, at, other, purseMac(other.uid))).toEqual({ kind: 'unsealed' });
      }
      expect(openSlot(slot, at, chip, purseMac(uid, [1, 2], 8 as never))).toEqual({ kind: 'unsealed' });
    }),
    { numRuns: 20 },
  );
});

test('any flipped bit of a slot unseals it', () => {
  fc.assert(
    fc.property(image, original => {
      const slot = sealImage(original, chip, mac);
      for (let bit = 0; bit < 160; bit++) {
        const flipped = slot.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        for (const index of [0, 1] as const)
          expect(openSlot(flipped, index, chip, mac).kind).not.toBe('image');
      }
    }),
    { numRuns: 10 },
  );
});

test('20 zero bytes are blank; an image of keys not held says so', () => {
  expect(openSlot(new Uint8Array(20), 0, chip, mac)).toEqual({ kind: 'blank' });
  const slot = sealImage({ ...some, keySet: 2 as KeySetNumber }, chip, mac);
  expect(openSlot(slot, 0, chip, purseMac(uid, [1]))).toEqual({ kind: 'key-set' });
  expect(() => openSlot(new Uint8Array(19), 0, chip, mac)).toThrow(RangeError);
  expect(() => imageFields(new Uint8Array(11))).toThrow(RangeError);
});

test.each([
  { counter: 0x1_0000 },
  { nonce: -1 },
  { balanceMinor: 0x100_0000 },
  { balanceMinor: -1 },
  { bonusMinor: 0.5 },
  { creditNumber: 256 },
  { keySet: 3 as KeySetNumber },
])('an image with %o is not sealed', change => {
  expect(() => sealImage({ ...some, keySet: 1 as KeySetNumber, ...change }, chip, mac)).toThrow(RangeError);
});
