import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratch } from '../../test/journal-sample.ts';
import { openWriter } from './database.ts';
import { filePlace } from './file-place.ts';
import { memoryPlace } from './memory-place.ts';
import { placeContract } from './place.contract.ts';

placeContract('files', () => {
  const folder = scratch();
  const file = join(folder.dir, 'journal.sqlite');
  return {
    place: filePlace(file),
    copy() {
      const copy = join(folder.dir, 'copy.sqlite');
      for (const end of ['', '-wal'].filter(end => existsSync(file + end))) cpSync(file + end, copy + end);
      return filePlace(copy);
    },
    damage(change) {
      const db = openWriter(file);
      change(db);
      db.close();
      return filePlace(file);
    },
    close: () => folder.remove(),
  };
});

placeContract('memory', () => {
  const place = memoryPlace();
  return {
    place,
    copy: () => memoryPlace(place.snapshot()),
    damage(change) {
      const db = place.look();
      change(db);
      const hurt = memoryPlace(db.serialize());
      db.close();
      return hurt;
    },
    close: () => {},
  };
});

it('no snapshot in memory holds half a transaction', () => {
  const place = memoryPlace();
  const { writer, close } = place.open();
  writer.exec('CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1)');
  expect(() => place.snapshot()).toThrow(RangeError);
  writer.exec('ROLLBACK');
  const again = memoryPlace(place.snapshot()).open();
  expect(again.writer.prepare('SELECT count(*) FROM t').pluck().get()).toBe(0);
  again.close();
  close();
  expect(place.snapshot().length).toBeGreaterThan(0);
});

it('what is no database is refused in memory as on a disk', () => {
  const place = memoryPlace(new Uint8Array(8192).fill(7));
  expect(() => place.open().writer.prepare('SELECT * FROM journal')).toThrow('not a database');
});
