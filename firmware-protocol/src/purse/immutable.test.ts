import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT, purseMac } from '../../test/purse-keys.ts';
import { toHex } from '../bytes.ts';
import type { ChipUid, EventId, Generation, KeySetNumber, WalletId } from '../ids.ts';
import { type Immutable, openImmutable, sealImmutable } from './immutable.ts';

const uid = '04112233445566' as ChipUid;
const mac = purseMac(uid);
const block: Immutable = {
  keySet: 1 as KeySetNumber,
  ageClass: 18,
  generation: 3 as Generation,
  event: EVENT,
  wallet: '00112233445566ff' as WalletId,
};

test('the block stands in its 24 bytes as the layout draws it, the MAC over it and the UID', () => {
  let asked = '';
  const bytes = sealImmutable(block, uid, (keySet, message) => {
    asked = `${keySet} ${toHex(message)}`;
    return new Uint8Array(16).fill(0xee);
  });
  expect(toHex(bytes)).toBe(`01011203${'00000007'}00112233445566ff${'ee'.repeat(8)}`);
  expect(asked).toBe(`1 01011203${'00000007'}00112233445566ff04112233445566`);
});

test('a block comes back as it was sealed', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.integer({ min: 1, max: 255 }), (ageClass, generation) => {
      const made = { ...block, ageClass, generation: generation as Generation };
      expect(openImmutable(sealImmutable(made, uid, mac), uid, EVENT, mac)).toEqual({
        kind: 'immutable',
        block: made,
      });
    }),
  );
});

test('any flipped bit makes it something else than our block', () => {
  const bytes = sealImmutable(block, uid, mac);
  for (let bit = 0; bit < 192; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const { kind } = openImmutable(flipped, uid, EVENT, mac);
    const expected = bit < 8 ? ['format'] : bit < 16 ? ['unsealed', 'key-set'] : ['unsealed', 'event'];
    expect(expected).toContain(kind);
  }
});

test('each thing that is not our block is named', () => {
  const bytes = sealImmutable(block, uid, mac);
  const other = '04112233445567' as ChipUid;
  expect(openImmutable(new Uint8Array(24), uid, EVENT, mac)).toEqual({ kind: 'blank' });
  expect(openImmutable(new Uint8Array(24).fill(0xff), uid, EVENT, mac)).toEqual({ kind: 'format' });
  expect(openImmutable(bytes, uid, 8 as EventId, mac)).toEqual({ kind: 'event' });
  expect(openImmutable(bytes, uid, EVENT, purseMac(uid, [2]))).toEqual({ kind: 'key-set' });
  expect(openImmutable(bytes, other, EVENT, purseMac(other))).toEqual({ kind: 'unsealed' });
  expect(openImmutable(bytes, other, EVENT, mac)).toEqual({ kind: 'unsealed' });
  const generation0 = sealImmutable({ ...block, generation: 0 as Generation }, uid, mac);
  expect(openImmutable(generation0, uid, EVENT, mac)).toEqual({ kind: 'unsealed' });
  expect(() => openImmutable(bytes.subarray(1), uid, EVENT, mac)).toThrow(RangeError);
  for (const field of [{ ageClass: 256 }, { ageClass: -1 }, { generation: 256 as Generation }]) {
    expect(() => sealImmutable({ ...block, ...field }, uid, mac)).toThrow(RangeError);
  }
  expect(() => sealImmutable({ ...block, keySet: 9 as KeySetNumber }, uid, mac)).toThrow(RangeError);
});
