/** Statements over the journal's own tables, prepared once. */
import type { Database } from './database.ts';

export interface StoredEntry {
  readonly at: number;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

export interface Ledger {
  lastAt(): number;
  entry(at: number): StoredEntry | undefined;
  insertEntry(at: number, content: Uint8Array, hash: Uint8Array): void;
  insertHead(at: number, signed: Uint8Array): void;
  insertRequest(at: number, digest: Uint8Array): void;
  requestAt(at: number): Uint8Array | undefined;
  insertAsked(id: Uint8Array, at: number, digest: Uint8Array): void;
  asked(id: Uint8Array): { readonly at: number; readonly digest: Uint8Array } | undefined;
  lastCloud(): { readonly seq: number; readonly hash: Uint8Array } | undefined;
  insertCloudEntry(seq: number, content: Uint8Array, hash: Uint8Array): void;
  insertCloudHead(seq: number, signed: Uint8Array): void;
  checkpoint(epoch: number): { readonly seq: number; readonly signed: Uint8Array } | undefined;
  putCheckpoint(epoch: number, seq: number, signed: Uint8Array): void;
}

export function ledgerOf(db: Database): Ledger {
  const lastAt = db.prepare<[], number | null>('SELECT max(at) FROM entry').pluck();
  const entry = db.prepare<[number], StoredEntry>('SELECT at, content, hash FROM entry WHERE at = ?');
  const insertEntry = db.prepare('INSERT INTO entry VALUES (?, ?, ?)');
  const insertHead = db.prepare('INSERT INTO head VALUES (?, ?)');
  const insertRequest = db.prepare('INSERT INTO request VALUES (?, ?)');
  const requestAt = db.prepare<[number], Uint8Array>('SELECT digest FROM request WHERE at = ?').pluck();
  // Two tills under one id: each is carried out, the first is remembered.
  const insertAsked = db.prepare('INSERT INTO asked VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const asked = db.prepare<[Uint8Array], { at: number; digest: Uint8Array }>(
    'SELECT at, digest FROM asked WHERE id = ?',
  );
  const lastCloud = db.prepare<[], { seq: number; hash: Uint8Array }>(
    'SELECT seq, hash FROM cloud_entry ORDER BY seq DESC LIMIT 1',
  );
  const insertCloudEntry = db.prepare('INSERT INTO cloud_entry VALUES (?, ?, ?)');
  const insertCloudHead = db.prepare('INSERT INTO cloud_head VALUES (?, ?)');
  const checkpoint = db.prepare<[number], { seq: number; signed: Uint8Array }>(
    'SELECT seq, signed FROM checkpoint WHERE epoch = ?',
  );
  const putCheckpoint = db.prepare('INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?)');
  return {
    lastAt: () => lastAt.get() ?? 0,
    entry: at => entry.get(at),
    insertEntry: (at, content, hash) => void insertEntry.run(at, content, hash),
    insertHead: (at, signed) => void insertHead.run(at, signed),
    insertRequest: (at, digest) => void insertRequest.run(at, digest),
    requestAt: at => requestAt.get(at),
    insertAsked: (id, at, digest) => void insertAsked.run(id, at, digest),
    asked: id => asked.get(id),
    lastCloud: () => lastCloud.get(),
    insertCloudEntry: (seq, content, hash) => void insertCloudEntry.run(seq, content, hash),
    insertCloudHead: (seq, signed) => void insertCloudHead.run(seq, signed),
    checkpoint: epoch => checkpoint.get(epoch),
    putCheckpoint: (epoch, seq, signed) => void putCheckpoint.run(epoch, seq, signed),
  };
}
