/** The power goes: of what the dead process wrote and never synced, some is put back to what it was before. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { type DiskRecord, readDiskLog } from './disk-log.ts';
import type { DiskShim } from './disk-shim.ts';
import { afterPowerCut, type DataRecord, type Fate } from './torn-file.ts';

export interface PowerCut {
  /** Writes that no sync stood behind. */
  readonly unsynced: number;
  /** What became of each file that had any. */
  readonly fates: Readonly<Record<string, Fate>>;
  /** Creations, renames and unlinks undone. */
  readonly namesUndone: number;
}

/** With the process dead. Afterwards all that is left counts as on disk, and the log begins anew. */
export function cutPower(dir: string, { log, keep }: DiskShim, random: Random): PowerCut {
  const records = readDiskLog(readFileSync(log, { flag: 'a+' }));
  const fates: Record<string, Fate> = {};
  const paths = inodes(dir, keep);
  let unsynced = 0;
  for (const [inode, writes] of unsyncedWrites(records)) {
    const path = paths.get(inode);
    if (path === undefined || writes.length === 0) continue;
    unsynced += writes.length;
    const { fate, content } = afterPowerCut(readFileSync(path), writes, random);
    fates[path.slice(dir.length + 1)] = fate;
    // In place: what is hard linked elsewhere is the same file.
    writeFileSync(path, content, { flag: 'r+' });
    truncateSync(path, content.length);
  }
  const names = unsyncedNames(records);
  const undoing = names.slice(random.below(names.length + 1)).toReversed();
  for (const record of undoing) undoName(record);
  forgetShm(dir, random);
  rmSync(keep, { recursive: true, force: true });
  mkdirSync(keep);
  writeFileSync(log, '');
  return { unsynced, fates, namesUndone: undoing.length };
}

function unsyncedWrites(records: readonly DiskRecord[]): Map<number, DataRecord[]> {
  const writes = new Map<number, DataRecord[]>();
  for (const record of records) {
    if (record.kind === 'sync') writes.delete(record.inode);
    if (record.kind !== 'data') continue;
    const before = writes.get(record.inode);
    if (before === undefined) writes.set(record.inode, [record]);
    else before.push(record);
  }
  return writes;
}

type NameRecord = Exclude<DiskRecord, { kind: 'data' | 'sync' }>;

/** File systems keep the order of names, so what is lost is the last of them. */
function unsyncedNames(records: readonly DiskRecord[]): NameRecord[] {
  let names: NameRecord[] = [];
  for (const record of records) {
    if (record.kind === 'sync') names = names.filter(({ folder }) => folder !== record.inode);
    else if (record.kind !== 'data') names.push(record);
  }
  return names;
}

function undoName(record: NameRecord): void {
  switch (record.kind) {
    case 'create':
      rmSync(record.path, { force: true });
      return;
    case 'unlink':
      // Noted, and killed before it was done.
      if (!exists(record.path)) linkSync(record.saved, record.path);
      return;
    case 'rename':
      if (statSync(record.to, { throwIfNoEntry: false })?.ino !== record.inode) return;
      renameSync(record.to, record.path);
      if (record.saved !== '') linkSync(record.saved, record.to);
      return;
  }
}

/** Mapped memory, which SQLite never syncs: nothing of it is left, or anything. */
function forgetShm(dir: string, random: Random): void {
  for (const name of readdirSync(dir).filter(file => file.endsWith('-shm'))) {
    const path = join(dir, name);
    if (random.chance(0.5)) rmSync(path);
    else writeFileSync(path, random.bytes(statSync(path).size));
  }
}

function inodes(...folders: readonly string[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const folder of folders.toReversed()) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found.set(statSync(path).ino, path);
    }
  }
  return found;
}

const exists = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;
