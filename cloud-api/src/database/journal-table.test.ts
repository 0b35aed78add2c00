/** What ingest's speed rests on, read from PostgreSQL's own catalogue: how the journal is cut and keyed, and which indexes there are. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('the journal is partitioned, so that one event’s rows lie together', async () => {
  const { rows } = await database.asOwner(
    `SELECT pg_get_partkeydef('journal'::regclass) AS key,
      (SELECT count(*)::int FROM pg_inherits WHERE inhparent = 'journal'::regclass) AS partitions`,
  );
  expect(rows).toEqual([{ key: 'HASH (tenant_id, event_id)', partitions: 16 }]);
});

test('it is keyed by tenant, event, box, epoch and seq, and has one more index: a chip’s history', async () => {
  const { rows } = await database.asOwner(
    `SELECT indexrelid::regclass::text AS name, indisprimary AS key, pg_get_indexdef(indexrelid) AS made
     FROM pg_index WHERE indrelid = 'journal'::regclass ORDER BY 1`,
  );
  expect(rows).toMatchObject([
    {
      name: 'journal_pk',
      key: true,
      made: expect.stringContaining('(tenant_id, event_id, box_id, epoch, seq)'),
    },
    { name: 'journal_uid', key: false, made: expect.stringContaining('(tenant_id, event_id, uid) WHERE') },
  ]);
});

test('no index of any table holds random UUIDs', async () => {
  const { rows } = await database.asOwner(
    `SELECT attrelid::regclass::text AS index, attname FROM pg_attribute
     JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('i', 'I')
     WHERE atttypid = 'uuid'::regtype AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)`,
  );
  expect(rows).toEqual([]);
});
