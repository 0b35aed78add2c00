/** An exported event behind a stand-in for the organizer's API: what the demo's last word depends on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chunksOf, exported, type RawItem, smallEvent } from '../../test/small-event.ts';
import { contentsOf, one } from '../../test/tampering.ts';
import { type Closing, endEvening } from './ending.ts';
import type { EveningResult } from './evening.ts';
import type { Guest } from './guest.ts';
import { Tally } from './tally.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsera-ending-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const guest: Guest = {
  number: 1,
  wallet: '0000000000000001' as never,
  chip: new VirtualChip('04000000000001'),
  seenMinor: 0,
  onlineMinor: 0,
  isBusy: false,
  lastSale: undefined,
  mustVisit: undefined,
};

function goodEvening(): EveningResult {
  const cases = [{ kind: 'fork', uid: null, lossBoundMinor: null }];
  const clone = { guest, copy: guest.chip, after: ['chip-blocked', 'chip-blocked'] };
  return {
    tally: new Tally(),
    story: { lines: [], cloud: { cases, height: 1 }, clone },
    walkedAway: 0,
    unsettledAtClose: 0,
    isLevel: true,
    airMs: 34,
  };
}

async function end(spoil: (items: RawItem[]) => void, evening = goodEvening()) {
  const { event, places } = smallEvent();
  const items = exported(event, places);
  spoil(items);
  const asked: string[] = [];
  const site: Closing = {
    guests: [guest],
    event: { tenantId: 1 as never, eventId: 7 as never, path: '/event' },
    organizer: {
      async call(method, path) {
        asked.push(`${method} ${path}`);
      },
      async download(path) {
        asked.push(`GET ${path}`);
        return Readable.from(chunksOf(items)).pipe(createGzip());
      },
    },
  };
  const said: string[] = [];
  const ending = await endEvening(site, evening, folder, text => said.push(text));
  return { ...ending, asked, said: said.join('\n') };
}

const nothing = () => undefined;

test('the event is closed, exported and audited, and everything holds', async () => {
  const { holds, archive, asked, said } = await end(nothing);
  expect(asked).toEqual(['POST /event/journals/complete', 'GET /event/export']);
  expect(archive).toBe(join(folder, 'pulsera-event-7.cbor.gz'));
  expect(said).not.toContain('FAILED');
  expect(holds).toBe(true);
});

test('an entry that was changed before the export fails the demo, by name', async () => {
  const { holds, said } = await end(items => {
    const [first] = contentsOf(one(items, 'entries', 3));
    if (first) first[first.length - 1] = (first[first.length - 1] ?? 0) ^ 1;
  });
  expect(said).toMatch(/FAILED: Each journal chains/);
  expect(holds).toBe(false);
});

test.each<[string, Partial<EveningResult>, RegExp]>([
  ['journals that did not get level', { isLevel: false }, /FAILED {2}every journal came to the cloud/],
  ['a tap that nobody settled', { unsettledAtClose: 1 }, /FAILED {2}every torn tap was settled/],
])('%s fail the demo, though the books hold', async (_, change, told) => {
  const { holds, said } = await end(nothing, { ...goodEvening(), ...change });
  expect(said).toMatch(told);
  expect(said).toContain('Everything holds.');
  expect(holds).toBe(false);
});
