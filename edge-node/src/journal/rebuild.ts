/** Throws the projections away and replays every entry in the order it was obeyed. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { plain } from './blob.ts';
import type { Database } from './database.ts';
import type { Epochs } from './epochs.ts';
import { createProjections, dropProjections, type Projector } from './projection/projections.ts';

/** Entries in memory at a time. */
const BATCH = 1000;

interface Row {
  readonly at: number;
  readonly content: Uint8Array;
}

/** In one transaction: whoever reads sees the old tables or the new ones. */
export function rebuildProjections(db: Database, epochs: Epochs, projector: Projector): void {
  db.transaction(() => {
    dropProjections(db);
    createProjections(db);
    replay(db, epochs, projector);
  }).immediate();
}

function replay(db: Database, epochs: Epochs, projector: Projector): void {
  const own = pages(db, 'SELECT at, content FROM entry WHERE at > ? AND at <= ? ORDER BY at LIMIT ?');
  const cloud = pages(
    db,
    'SELECT seq AS at, content FROM cloud_entry WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
  );
  let cloudSeq = 0 as Seq;
  for (const { at, content } of own(0, Number.MAX_SAFE_INTEGER)) {
    const entry = decodeEntry(plain(content));
    if (entry.kind === 'cloud-cursor') {
      for (const taken of cloud(cloudSeq, entry.body.seq)) {
        projector.apply({ journal: 'cloud', at: 0, epoch: 0, entry: decodeEntry(plain(taken.content)) });
      }
      cloudSeq = entry.body.seq;
    }
    projector.apply({ journal: 'own', at, epoch: epochs.placeOf(at).epoch, entry });
  }
}

/** Not one long cursor: SQLite can't write on a connection that better-sqlite3 is reading from. */
function pages(db: Database, sql: string) {
  const page = db.prepare<[number, number, number], Row>(sql);
  return function* (after: number, to: number): Generator<Row> {
    for (let rows = page.all(after, to, BATCH); rows.length > 0; ) {
      yield* rows;
      rows = page.all(rows.at(-1)?.at ?? to, to, BATCH);
    }
  };
}
