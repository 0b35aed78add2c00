import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BoxId, Epoch, EventId, Seq } from '../ids.ts';
import { BATCH_LIMITS, decodeBatch, encodeBatch, type SyncBatch } from './batch.ts';

const batches: fc.Arbitrary<SyncBatch> = fc.record({
  event: fc.integer({ min: 1, max: 0xffff_ffff }).map(event => event as EventId),
  box: fc.integer({ min: 0, max: 0xffff }).map(box => box as BoxId),
  epoch: fc.integer({ min: 1, max: 0xffff_ffff }).map(epoch => epoch as Epoch),
  fromSeq: fc.integer({ min: 1, max: 2 ** 52 }).map(seq => seq as Seq),
  before: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  contents: fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 20 }),
  head: fc.uint8Array({ minLength: 1, maxLength: 256 }),
});
const sample: SyncBatch = {
  event: 7 as EventId,
  box: 3 as BoxId,
  epoch: 1 as Epoch,
  fromSeq: 1 as Seq,
  before: new Uint8Array(32),
  contents: [Uint8Array.of(1, 2, 3)],
  head: Uint8Array.of(9),
};

test('a batch comes back as it was sent', () => {
  fc.assert(
    fc.property(batches, batch => {
      expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
    }),
  );
});

test('one encoding only: whatever is read is written back as the same bytes, or refused', () => {
  fc.assert(
    fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 255 }), (batch, at, flip) => {
      const bytes = encodeBatch(batch);
      const index = at % bytes.length;
      const changed = bytes.with(index, (bytes[index] ?? 0) ^ flip);
      let read: SyncBatch;
      try {
        read = decodeBatch(changed);
      } catch (error) {
        expect(error).toMatchObject({ code: 'cbor-malformed' });
        return;
      }
      expect(encodeBatch(read)).toEqual(changed);
    }),
  );
});

test('every truncation is refused', () => {
  const bytes = encodeBatch(sample);
  for (let end = 0; end < bytes.length; end++) {
    expect(() => decodeBatch(bytes.subarray(0, end))).toThrow(
      expect.objectContaining({ code: 'cbor-malformed' }),
    );
  }
});

test('more entries, or larger ones, than the limits are refused before they are read', () => {
  const three = encodeBatch({ ...sample, contents: [1, 2, 3].map(byte => Uint8Array.of(byte, byte)) });
  expect(() => decodeBatch(three, { entries: 2, contentBytes: 10 })).toThrow(/an array of 3/);
  expect(() => decodeBatch(three, { entries: 3, contentBytes: 1 })).toThrow(/a byte string of 2 bytes/);
  expect(decodeBatch(three, { entries: 3, contentBytes: 2 }).contents).toHaveLength(3);
});

test('an empty batch, another version and bytes after the end are refused', () => {
  const bytes = encodeBatch(sample);
  expect(() => encodeBatch({ ...sample, contents: [] })).toThrow(RangeError);
  expect(() => decodeBatch(bytes.with(1, 2))).toThrow('a version that is not 1 at offset 1');
  expect(() => decodeBatch(Uint8Array.of(...bytes, 0))).toThrow(/bytes after the end/);
  const large = { ...sample, contents: [new Uint8Array(BATCH_LIMITS.contentBytes + 1)] };
  expect(() => encodeBatch(large)).toThrow(RangeError);
});
