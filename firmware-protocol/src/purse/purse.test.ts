import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT, purseMac } from '../../test/purse-keys.ts';
import { concatBytes, equalBytes } from '../bytes.ts';
import type { ChipUid, EventId, Generation, KeySetNumber, WalletId } from '../ids.ts';
import { type ChipIdentity, type Image, sealImage } from './image.ts';
import { sealImmutable } from './immutable.ts';
import { openPurse } from './purse.ts';

const uid = '04112233445566' as ChipUid;
const chip: ChipIdentity = { uid, wallet: '00112233445566ff' as WalletId, generation: 1 as Generation };
const mac = purseMac(uid, [1, 2]);
const block = sealImmutable(
  { keySet: 1 as KeySetNumber, ageClass: 0, generation: chip.generation, event: EVENT, wallet: chip.wallet },
  uid,
  mac,
);
const image = (counter: number, balanceMinor: number, keySet = 1): Image => ({
  counter,
  nonce: (counter * 7919) & 0xffff,
  balanceMinor,
  bonusMinor: 5,
  keySet: keySet as KeySetNumber,
  creditNumber: 2,
});
const sealed = (counter: number, balanceMinor: number, keySet = 1) =>
  sealImage(image(counter, balanceMinor, keySet), chip, mac);
const BLANK = new Uint8Array(20);
const open = (slot0: Uint8Array, slot1: Uint8Array, keys = mac, honoured?: (keySet: number) => boolean) =>
  openPurse(concatBytes(block, slot0, slot1), uid, EVENT, keys, honoured);

test('the sealed slot with the higher counter is the purse', () => {
  expect(open(sealed(4, 100), sealed(5, 90))).toMatchObject({
    kind: 'purse',
    slot: 1,
    current: image(5, 90),
  });
  expect(open(sealed(6, 80), sealed(5, 90))).toMatchObject({
    kind: 'purse',
    slot: 0,
    current: image(6, 80),
    otherNonce: image(5, 90).nonce,
    isOtherWhole: true,
    chip,
  });
  expect(open(sealed(0, 0), BLANK)).toMatchObject({
    kind: 'purse',
    slot: 0,
    otherNonce: 0,
    isOtherWhole: true,
  });
});

test('a torn slot leaves the other one the purse, and is told as torn', () => {
  const torn = sealed(5, 90);
  torn[19] = (torn[19] ?? 0) ^ 0xff;
  expect(open(sealed(4, 100), torn)).toMatchObject({
    kind: 'purse',
    slot: 0,
    current: image(4, 100),
    isOtherWhole: false,
  });
});

test('torn at any byte, a write leaves the image before it or the one it makes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xfffe }), fc.nat(20), fc.boolean(), (counter, at, isFirst) => {
      const before = sealed(counter, 100);
      const old = isFirst ? BLANK : sealed(counter - 1, 110);
      const after = sealed(counter + 1, 70);
      const half = concatBytes(after.subarray(0, at), old.subarray(at));
      const result = counter % 2 === 0 ? open(before, half) : open(half, before);
      // One MAC in 256 ends in the byte that stands there already.
      const isWritten = equalBytes(half, after);
      expect(result).toMatchObject({
        kind: 'purse',
        current: isWritten ? image(counter + 1, 70) : image(counter, 100),
      });
    }),
  );
});

test('a flipped bit anywhere is a decline, or leaves a balance that a box sealed', () => {
  const slots = [sealed(4, 100), sealed(5, 90)] as const;
  const bytes = concatBytes(block, ...slots);
  const outcomes: Record<string, number> = {};
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const result = openPurse(flipped, uid, EVENT, mac);
    const expected =
      bit < 8 * 24 ? 'declined' : bit < 8 * 44 ? 'the current image' : ['the image before it', 'declined'];
    const outcome =
      result.kind === 'declined'
        ? 'declined'
        : result.current.counter === 5
          ? 'the current image'
          : 'the image before it';
    expect(expected, `bit ${bit}`).toContain(outcome);
    if (result.kind === 'purse') expect([image(4, 100), image(5, 90)]).toContainEqual(result.current);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  // Seven bits of the key set name one above the old image's that nobody holds: those decline too.
  expect(outcomes).toEqual({ declined: 192 + 7, 'the current image': 160, 'the image before it': 153 });
});

test('no slot, and no mix of two chips, brings money that was not there', () => {
  const otherUid = '04112233445567' as ChipUid;
  const other = { ...chip, uid: otherUid };
  const foreign = sealImage(image(7, 9_999), other, purseMac(otherUid));
  expect(open(sealed(6, 80), foreign)).toMatchObject({ kind: 'purse', current: image(6, 80) });
  expect(open(foreign, BLANK)).toMatchObject({ kind: 'declined', reason: 'chip-forged' });
  // An image in the slot of the other parity was moved there.
  expect(open(sealed(5, 90), BLANK)).toMatchObject({ kind: 'declined', reason: 'chip-forged' });
  expect(open(BLANK, BLANK)).toMatchObject({ kind: 'declined', reason: 'chip-forged' });
});

test('keys were rolled and this box has not heard: it declines instead of writing over the newer image', () => {
  const old = purseMac(uid, [1]);
  expect(open(sealed(4, 100, 1), sealed(5, 90, 2), old)).toMatchObject({
    kind: 'declined',
    reason: 'key-set-unknown',
  });
  // It can't tell a slot torn on its way to the new keys either.
  const torn = sealed(5, 90, 2);
  torn.fill(0, 12);
  expect(open(sealed(4, 100, 1), torn, old)).toMatchObject({ kind: 'declined' });
  // The other way round, the unread slot is the older one, or what a torn first write left.
  const rolled = purseMac(uid, [2]);
  const block2 = sealImmutable(
    {
      keySet: 2 as KeySetNumber,
      ageClass: 0,
      generation: chip.generation,
      event: EVENT,
      wallet: chip.wallet,
    },
    uid,
    mac,
  );
  const rolledBytes = concatBytes(block2, sealed(4, 100, 1), sealed(5, 90, 2));
  expect(openPurse(rolledBytes, uid, EVENT, rolled)).toMatchObject({
    kind: 'purse',
    current: image(5, 90, 2),
  });
  const first = concatBytes(sealed(1, 90).subarray(0, 4), new Uint8Array(16));
  expect(open(sealed(0, 100), first)).toMatchObject({ kind: 'purse', current: image(0, 100) });
});

test('noise that a torn write left under some key set is not taken for a newer image', () => {
  const old = purseMac(uid, [1]);
  for (const fill of [0x55, 0x77, 0xee]) {
    const noise = new Uint8Array(20).fill(fill);
    const purse = { kind: 'purse', current: image(4, 100, 1) };
    expect(open(sealed(4, 100, 1), noise, old), `${fill}`).toMatchObject(purse);
  }
});

test('images of keys that do not count any more are declined', () => {
  expect(open(sealed(4, 100, 1), sealed(5, 90, 1), mac, keySet => keySet !== 1)).toMatchObject({
    kind: 'declined',
    reason: 'key-set-unknown',
  });
  expect(open(sealed(4, 100, 1), sealed(5, 90, 2), mac, keySet => keySet !== 1)).toMatchObject({
    kind: 'purse',
    slot: 1,
  });
});

test('what stands before the money declines first, each by its name', () => {
  const bytes = concatBytes(block, sealed(0, 100), BLANK);
  const reason = (changed: Uint8Array, event = EVENT, keys = mac) => {
    const result = openPurse(changed, uid, event, keys);
    return result.kind === 'declined' ? result.reason : 'none';
  };
  expect(reason(new Uint8Array(64))).toBe('chip-blank');
  expect(reason(new Uint8Array(64).fill(0xff))).toBe('chip-foreign');
  expect(reason(bytes, 8 as EventId)).toBe('wrong-event');
  expect(reason(bytes, EVENT, purseMac(uid, []))).toBe('key-set-unknown');
  const edited = bytes.slice();
  edited[2] = 18;
  expect(reason(edited)).toBe('chip-forged');
  expect(reason(bytes)).toBe('none');
  expect(() => openPurse(bytes.subarray(1), uid, EVENT, mac)).toThrow(RangeError);
});

test('what is opened keeps nothing of the bytes it was read from', () => {
  const bytes = concatBytes(block, sealed(0, 100), BLANK);
  const purse = openPurse(bytes, uid, EVENT, mac);
  if (purse.kind !== 'purse') throw new Error(purse.reason);
  bytes.fill(0);
  expect(purse.slots[0]).toEqual(sealed(0, 100));
});
