import { readFileSync } from 'node:fs';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  BOX,
  boxKey,
  EPOCH,
  EVENT,
  sampleOptions,
  scratch,
  sha256,
  tapDraft,
} from '../../test/journal-sample.ts';
import { openWriter } from './database.ts';
import { filePlace } from './file-place.ts';
import { openJournal, verifyJournal } from './journal.ts';
import { prepareSchema } from './schema.ts';

let place: ReturnType<typeof scratch>;
let file: string;

beforeEach(() => {
  place = scratch();
  file = sampleOptions(place.dir).file;
});
afterEach(() => place.remove());

async function written(): Promise<void> {
  const journal = openJournal(sampleOptions(place.dir));
  await journal.append([tapDraft(1)]);
  await journal.close();
}

function change(sql: string): void {
  const db = openWriter(file);
  db.exec(sql);
  db.close();
}

const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'Fault', code, message: expect.stringMatching(message) });

for (const [what, version, cure] of [
  ['an older', 1, /until all of it is with the cloud\. Then move journal\.sqlite/],
  ['a newer', 1000, /^Use the release .* this one is older/],
] as const) {
  it(`refuses a journal of ${what} version, says what to do, and leaves it as it is`, async () => {
    await written();
    change(`PRAGMA user_version = ${version}`);
    const before = readFileSync(file);
    expect(() => openJournal(sampleOptions(place.dir))).toThrow(refused('journal-version', cure));
    expect(() => verifyJournal({ place: filePlace(file), sha256, verify: boxKey.verify })).toThrow(
      refused('journal-version', cure),
    );
    expect(readFileSync(file)).toEqual(before);
  });
}

it('takes no other database for a journal, whatever number it bears', () => {
  for (const version of [0, 1, 2, 1000]) {
    change(`CREATE TABLE IF NOT EXISTS notes (text TEXT); PRAGMA user_version = ${version}`);
    const foreign = refused('journal-foreign', /not written by a box/);
    expect(() => openJournal(sampleOptions(place.dir))).toThrow(foreign);
    expect(() => verifyJournal({ place: filePlace(file), sha256, verify: boxKey.verify })).toThrow(foreign);
  }
});

it('begins a journal in an empty file, which is what a pulled plug leaves of the very first start', async () => {
  openWriter(file).close();
  await written();
  expect(verifyJournal({ place: filePlace(file), sha256, verify: boxKey.verify }).epochs).toEqual([
    { epoch: EPOCH, entries: 1, heads: 1 },
  ]);
});

it('bears the number of its tables: change them, and raise it', () => {
  const db = openWriter(file);
  try {
    prepareSchema(db, EVENT, BOX, EPOCH);
    const tables = db
      .prepare<[], string>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
      .pluck();
    const digest = sha256(
      Buffer.from(tables.all().join('\n').replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ')),
    );
    const version = db.pragma('user_version', { simple: true });
    expect({ version, tables: toHex(digest.subarray(0, 8)) }).toEqual({
      version: 3,
      tables: 'c8abb324502d50aa',
    });
  } finally {
    db.close();
  }
});
