/**
 * A box whose operator has its disk and its key: changes an entry in the database, takes one out, or signs other entries than the box has
 * sent. The first two break the chain: the box doesn't start on it, and somebody puts the disk back as it was. The third makes a
 * second journal under the same numbers.
 */
import { openMemory } from '@pulsera/edge-node/journal/database';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import { decodeEntry, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { SimBox } from '../box.ts';
import { anyOf, between } from '../chance.ts';
import { type Site, sha256 } from '../site.ts';
import type { Kind } from '../trouble/strike.ts';

const HOWS = ['changes', 'drops', 'signs-anew'] as const;

interface CrookedBox {
  /** Of the site's, from 0. */
  readonly box: number;
  readonly how: (typeof HOWS)[number];
  /** Which entry, counted from the last one, modulo how many there are. */
  readonly entry: number;
  /** Which byte of it, modulo its length. */
  readonly at: number;
  readonly xor: number;
  /** Switched off for so long. */
  readonly darkMs: number;
}

const MOST_BACK = 30;
const DARK_MS = [1_000, 10_000] as const;
const ALL = 1e9;

export const crookedBox: Kind<CrookedBox> = {
  draw: (random, setting) => ({
    box: random.below(setting.boxes),
    how: anyOf(random, HOWS),
    entry: random.below(MOST_BACK),
    at: random.u32(),
    xor: 1 + random.below(0xff),
    darkMs: between(random, DARK_MS),
  }),
  play(site, strike, evening) {
    const box = site.boxes[strike.box];
    if (box === undefined) throw new RangeError(`This site has no box ${strike.box}.`);
    if (!box.isUp) return undefined;
    if (strike.how === 'signs-anew') return signAnew(site, box, strike);
    box.tamper(image => changed(image, strike));
    evening.after(strike.darkMs, () => box.start());
    return undefined;
  },
};

function changed(image: Uint8Array, { how, entry, at, xor }: CrookedBox): Uint8Array {
  const db = openMemory(image);
  try {
    db.pragma('foreign_keys = OFF');
    // What keeps it append-only stands in the way of nobody who has the file.
    const guards = db
      .prepare<[], { name: string; sql: string }>(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
      )
      .all();
    for (const { name } of guards) db.exec(`DROP TRIGGER ${name}`);
    const rows = db
      .prepare<[], { at: number; content: Uint8Array }>(
        'SELECT at, content FROM entry WHERE at > (SELECT max(base) FROM epoch) ORDER BY at DESC',
      )
      .all();
    // Without its last entry a journal is an older one, and no broken chain: that is a disk put back.
    const choice = how === 'drops' ? rows.slice(1) : rows;
    const row = choice[entry % choice.length];
    if (row !== undefined && how === 'drops') {
      db.prepare('DELETE FROM head WHERE at = ?').run(row.at);
      db.prepare('DELETE FROM entry WHERE at = ?').run(row.at);
    } else if (row !== undefined) {
      const content = Uint8Array.from(row.content);
      content[at % content.length] = (content[at % content.length] ?? 0) ^ xor;
      db.prepare('UPDATE entry SET content = ? WHERE at = ?').run(content, row.at);
    }
    for (const { sql } of guards) db.exec(sql);
    return db.serialize();
  } finally {
    db.close();
  }
}

/** Another entry where the box has one, under the box's own head, sent to the cloud in its name. */
async function signAnew({ cloud, witness, festival, trace }: Site, box: SimBox, { entry: back }: CrookedBox) {
  const { event } = festival;
  const { epoch } = box.journal;
  const own = box.journal.entriesAfter(0 as Seq, ALL, ALL, epoch);
  const place = own.length - 1 - (back % own.length);
  const entry = own[place];
  if (entry === undefined) return;
  const decoded = decodeEntry(entry);
  const content = encodeEntry({ ...decoded, wallMs: decoded.wallMs + 1 });
  const start = genesis(event, box.number, epoch, sha256);
  const before = own.slice(0, place).reduce((hash, each) => entryHash(hash, each, sha256), start);
  const seq = (place + 1) as Seq;
  const hash = entryHash(before, content, sha256);
  const signed = { event, box: box.number, epoch, seq, hash, wallMs: decoded.wallMs + 1 };
  const head = signHead('pulsera/head', signed, box.key.sign);
  witness.tell({ kind: 'crooked', box: box.number, till: null });
  const { number } = box;
  const batch = encodeBatch({ event, box: number, epoch, fromSeq: seq, before, contents: [content], head });
  const code = await cloud
    .serve(number)
    .sendBatch(batch)
    .then(() => null, codeOf);
  trace.note(box.name, 'signs anew', { seq, code });
}

function codeOf(error: unknown): string {
  if (error instanceof Fault) return error.code;
  throw error;
}
