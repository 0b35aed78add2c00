import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { BoxId, Epoch, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Body } from '@pulsera/firmware-protocol/journal/entry';
import { expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { buy, JournalBox } from '../../test/journal-box.ts';
import { factOf } from './facts.ts';

const chip = new Chip(1, 5000);
const journal = new JournalBox(7, 1);
const tap = journal.begin(chip, [buy(1, 100)]);
if (!tap) throw new Error('declined');

function told(by: number, outcome: Body<'settlement'>['outcome'], evidence: Body<'settlement'>['evidence']) {
  journal.settle(tap as TapRef, outcome, evidence);
  const entry = journal.entries.at(-1);
  if (!entry) throw new Error('nothing was written');
  return factOf(entry, { box: by as BoxId, epoch: 1 as Epoch, seq: entry.seq });
}

test('a tap is a write from the image in its slot to the one it names', () => {
  const [entry] = journal.entries;
  if (entry?.kind !== 'tap') throw new Error('no tap');
  expect(factOf(entry, tap)).toEqual({
    kind: 'write',
    ref: tap,
    before: toHex(chip.root),
    after: toHex(entry.body.after),
  });
  const first = { ...entry, body: { ...entry.body, from: null } };
  expect(factOf(first, tap)).toMatchObject({ before: null });
});

test('what a box says of its own tap is a fact, also from a later epoch; of another box’s tap it is none', () => {
  expect(told(1, 'posted', 'sight')).toEqual({ kind: 'told', ref: tap, outcome: 'posted' });
  expect(told(1, 'abandoned', 'none')).toEqual({ kind: 'told', ref: tap, outcome: 'abandoned' });
  expect(told(2, 'dropped', 'overwritten')).toBeUndefined();
  expect(told(0, 'dropped', 'close')).toEqual({ kind: 'told', ref: tap, outcome: 'dropped' });
});

test('what was concluded from the graph is no fact, whoever repeats it', () => {
  expect(told(0, 'posted', 'graph')).toBeUndefined();
  expect(told(1, 'dropped', 'graph')).toBeUndefined();
});

test('only the cloud says where a wristband’s images begin', () => {
  const { uid, wallet, generation, root } = chip;
  journal.append({
    kind: 'issued',
    body: { uid, wallet, generation, ageClass: 0, keySet: 1 as never, root },
  });
  const entry = journal.entries.at(-1);
  if (!entry) throw new Error('nothing was written');
  const at = (box: number) => ({ box: box as BoxId, epoch: 1 as Epoch, seq: 1 as Seq });
  expect(factOf(entry, at(0))).toEqual({ kind: 'issued', root: toHex(root) });
  expect(factOf(entry, at(1))).toBeUndefined();
});
