import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  boxKey,
  sampleOptions,
  scratch,
  settlementDraft,
  sha256,
  tapDraft,
} from '../../test/journal-sample.ts';
import { openReader, PAGE_BYTES } from './database.ts';
import { filePlace } from './file-place.ts';
import { type Journal, openJournal, verifyJournal } from './journal.ts';

const VERIFIER = new URL('../../test/journal-verifier.ts', import.meta.url).pathname;
const ENTRIES = 400;
const PENDING = 400;
const AT_ONCE = 20;

let place: ReturnType<typeof scratch>;
let journal: Journal;

beforeEach(() => {
  place = scratch();
  journal = openJournal(sampleOptions(place.dir));
});
afterEach(async () => {
  await journal.close();
  place.remove();
});

async function inGroups(first: number, last: number, draft: (n: number) => Draft): Promise<void> {
  for (let n = first; n <= last; n += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => journal.append([draft(n + i)])));
}

/** @returns the file, and of each page with entries its number and how many lie there */
async function written(): Promise<{ file: string; leaves: readonly { pageno: number; ncell: number }[] }> {
  await inGroups(1, ENTRIES, tapDraft);
  await journal.close();
  const { file } = sampleOptions(place.dir);
  const db = openReader(file);
  const leaves = db
    .prepare<[], { pageno: number; ncell: number }>(
      "SELECT pageno, ncell FROM dbstat WHERE name = 'entry' AND pagetype = 'leaf' ORDER BY path",
    )
    .all();
  db.close();
  return { file, leaves };
}

function tear(file: string, pageno: number | undefined): void {
  const disk = openSync(file, 'r+');
  writeSync(disk, new Uint8Array(PAGE_BYTES).fill(0xff), 0, PAGE_BYTES, ((pageno ?? 0) - 1) * PAGE_BYTES);
  closeSync(disk);
}

const damagedAt = (seq: number | null) =>
  expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq }) });
const verify = (file: string) => verifyJournal({ place: filePlace(file), sha256, verify: boxKey.verify });

it('names the first entry that can not be read, though it reads many at a time', async () => {
  const { file, leaves } = await written();
  const torn = Math.floor(leaves.length / 2);
  tear(file, leaves[torn]?.pageno);
  const before = leaves.slice(0, torn).reduce((sum, { ncell }) => sum + ncell, 0);
  expect(() => verify(file)).toThrow(damagedAt(before + 1));
});

it('says that the journal is damaged also where its end can not be read', async () => {
  const { file, leaves } = await written();
  tear(file, leaves.at(-1)?.pageno);
  expect(() => verify(file)).toThrow(damagedAt(null));
});

it('lets the box beside it sell on, however long it takes', { timeout: 60_000 }, async () => {
  await inGroups(1, ENTRIES, tapDraft);
  const child = spawn(process.execPath, [VERIFIER, place.dir], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const exited = once(child, 'exit');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('stopped');
    await inGroups(ENTRIES + 1, ENTRIES + PENDING, tapDraft);
    journal.reserve().release();
    await inGroups(1, ENTRIES, n => settlementDraft(n, n as Seq));
    child.stdin.end('\n');
    // What was there when it began.
    expect((await lines.next()).value).toBe(`${ENTRIES}`);
    expect(await exited).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
