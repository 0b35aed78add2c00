import type { BoxId, Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { describe, expect, test } from 'vitest';
import { place } from './place.ts';
import type { Run } from './run.ts';

/** Entry `seq` of a history: `a` is the one that is stored. */
const hash = (seq: number, history = 'a') => new Uint8Array(32).fill(seq + (history === 'a' ? 0 : 100));

const run = (fromSeq: number, toSeq: number, history = 'a', before = history): Run => {
  const hashes = Array.from({ length: toSeq - fromSeq + 1 }, (_, i) => hash(fromSeq + i, history));
  return {
    box: 3 as BoxId,
    epoch: 1 as Epoch,
    fromSeq: fromSeq as Seq,
    toSeq: toSeq as Seq,
    before: hash(fromSeq - 1, before),
    contents: hashes,
    hashes,
    head: new Uint8Array(0),
  };
};
/** Four entries of history `a` are stored. */
const at = (of: Run) =>
  place(of, { seq: 4 as Seq, hash: hash(4) }, of.toSeq < 4 ? hash(of.toSeq) : undefined);

describe('a run under a journal of four entries', () => {
  test.each([
    ['right behind them', run(5, 6), { kind: 'append', known: 0 }],
    ['over their end', run(3, 6), { kind: 'append', known: 2 }],
    ['from their first on', run(1, 5), { kind: 'append', known: 4 }],
    ['among them', run(2, 3), { kind: 'replay' }],
    ['at their end', run(4, 4), { kind: 'replay' }],
    ['beyond the next number', run(6, 7), { kind: 'gap' }],
  ])('%s', (_, of, found) => {
    expect(at(of)).toEqual(found);
  });

  test.each([
    ['right behind them, after another entry than the last', run(5, 6, 'b')],
    ['right behind them, with entries that only claim to follow', run(5, 6, 'a', 'b')],
    ['over their end, with another entry there', run(3, 6, 'b')],
    ['among them, with other entries', run(2, 3, 'b')],
    ['at their end, with another entry', run(4, 4, 'b')],
  ])('%s, is of another history', (_, of) => {
    expect(at(of)).toEqual({ kind: 'fork' });
  });

  test('whose entry was not found can not be compared, and is none of this history', () => {
    expect(place(run(2, 3), { seq: 4 as Seq, hash: hash(4) }, undefined)).toEqual({ kind: 'fork' });
  });
});

test('the first run of a journal follows its genesis', () => {
  const genesis = { seq: 0 as Seq, hash: hash(0) };
  expect(place(run(1, 2), genesis, undefined)).toEqual({ kind: 'append', known: 0 });
  expect(place(run(1, 2, 'a', 'b'), genesis, undefined)).toEqual({ kind: 'fork' });
});
