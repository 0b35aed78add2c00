import { Fault } from '@pulsera/firmware-protocol/fault';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BAR, BAR_2 } from '../../test/bar-sample.ts';
import { HandClock, sampleOptions, scratch } from '../../test/journal-sample.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import { faultRecord } from './fault-record.ts';

const clock = new HandClock();
let place: ReturnType<typeof scratch>;
let journal: Journal;
beforeEach(() => {
  place = scratch();
  journal = openJournal(sampleOptions(place.dir, clock));
});
afterEach(async () => {
  await journal.close();
  place.remove();
});

const entries = () => journal.entriesAfter(0 as never, 100, 1e6).map(content => decodeEntry(content));
const reused = new Fault('tap-id-reused', 'Give each tap an id of its own.');

it('keeps what says something about money or people, with its till, and leaves the rest to the log', async () => {
  const record = faultRecord(journal, () => clock.monoMs());
  expect(await record(reused, BAR)).toBe(true);
  expect(await record(new Fault('reader-down', 'Check its cable.'), BAR)).toBe(false);
  expect(entries()).toMatchObject([
    { kind: 'fault', body: { code: 'tap-id-reused', till: BAR, message: 'Give each tap an id of its own.' } },
  ]);
});

it('keeps one of a kind per till and minute, so that no till fills the disk', async () => {
  const record = faultRecord(journal, () => clock.monoMs());
  const kept: boolean[] = [];
  for (let i = 0; i < 100; i++) kept.push(await record(reused, BAR));
  expect(kept.filter(Boolean)).toHaveLength(1);
  expect(await record(reused, BAR_2)).toBe(true);
  expect(await record(new Fault('supervisor-needed', 'Name a supervisor.'), BAR)).toBe(true);
  clock.pass(60_000);
  expect(await record(reused, BAR)).toBe(true);
  expect(journal.lastSeq).toBe(4);
});

it('cuts a long sentence where a character ends', async () => {
  const record = faultRecord(journal, () => clock.monoMs());
  expect(await record(new Fault('unexpected', `x${'ü'.repeat(400)}`), BAR)).toBe(true);
  expect(entries()).toMatchObject([{ body: { message: `x${'ü'.repeat(249)}` } }]);
});

it('fails nobody when the journal takes nothing any more', async () => {
  const record = faultRecord(journal, () => clock.monoMs());
  await journal.close();
  expect(await record(reused, BAR)).toBe(false);
});
