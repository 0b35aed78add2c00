import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../bytes.ts';
import type { BoxId, Epoch, Seq } from '../ids.ts';
import { type ChipGraph, EMPTY_GRAPH } from './graph.ts';
import { decodeGraph, encodeGraph } from './graph-codec.ts';

const image = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytes => toHex(bytes));
const graph: fc.Arbitrary<ChipGraph> = fc.record({
  roots: fc.array(image, { maxLength: 3 }),
  writes: fc.array(
    fc.record({
      ref: fc.record({
        box: fc.integer({ min: 0, max: 0xffff }).map(box => box as BoxId),
        epoch: fc.integer({ min: 1, max: 0xffff_ffff }).map(epoch => epoch as Epoch),
        seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(seq => seq as Seq),
      }),
      before: fc.option(image),
      after: image,
      toldPosted: fc.boolean(),
      toldDropped: fc.boolean(),
      abandoned: fc.boolean(),
      status: fc.constantFrom('pending', 'posted', 'dropped'),
    }),
    { maxLength: 5 },
  ),
  pruned: fc.boolean(),
});

test('what waits for its write comes back too, and an empty list of it is refused', () => {
  const ref = { box: 3 as BoxId, epoch: 2 as Epoch, seq: 9 as Seq };
  const value: ChipGraph = { ...EMPTY_GRAPH, waiting: [{ kind: 'told', ref, outcome: 'abandoned' }] };
  expect(decodeGraph(encodeGraph(value))).toEqual(value);
  expect(() => decodeGraph(Uint8Array.of(0x84, 0x80, 0x80, 0xf4, 0x80))).toThrow(/offset 4/);
});

test('a graph comes back as it was stored', () => {
  fc.assert(
    fc.property(graph, value => {
      expect(decodeGraph(encodeGraph(value))).toEqual(value);
    }),
  );
});

test('bytes that say more, less or something else are refused with their offset', () => {
  const stored = encodeGraph(EMPTY_GRAPH);
  expect(() => decodeGraph(stored.subarray(0, -1))).toThrow(/offset 3/);
  expect(() => decodeGraph(Uint8Array.of(...stored, 0))).toThrow(/offset 4/);
  expect(() => decodeGraph(Uint8Array.of(0x82, 0x80, 0x80))).toThrow(/offset 0/);
});

test('a state of no known status is refused', () => {
  const stored = encodeGraph({
    roots: [],
    writes: [
      {
        ref: { box: 1 as BoxId, epoch: 1 as Epoch, seq: 1 as Seq },
        before: null,
        after: '00'.repeat(20),
        toldPosted: false,
        toldDropped: false,
        abandoned: false,
        status: 'dropped',
      },
    ],
    pruned: false,
  });
  const at = stored.length - 2;
  expect(stored[at]).toBe(2);
  expect(() => decodeGraph(stored.with(at, 3))).toThrow(`an unknown status at offset ${at}`);
});
