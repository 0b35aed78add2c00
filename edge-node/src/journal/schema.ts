/**
 * The tables that are the journal itself; the projections' are in `projection/`. What was written stays: triggers refuse UPDATE and
 * DELETE, and an INSERT that would leave a gap.
 *
 * `at` counts the entries of all epochs in the order of writing. An epoch's entry `seq` stands at `base + seq`, so one rowid serves
 * every epoch and a new epoch costs one row.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId, Epoch, EventId } from '@pulsera/firmware-protocol/ids';
import type { Database } from './database.ts';
import { createProjections } from './projection/projections.ts';

/**
 * Of all tables in the file, the projections' too: a test holds it to them. A release reads its own version only. Where one is to read an
 * older one, it says here how the file is carried over.
 */
const VERSION = 3;

const TABLES = `
CREATE TABLE journal (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  event INTEGER NOT NULL,
  box INTEGER NOT NULL
) STRICT;

CREATE TABLE epoch (
  epoch INTEGER PRIMARY KEY CHECK (epoch > 0),
  base INTEGER NOT NULL
) STRICT;

CREATE TABLE boot (
  boot INTEGER PRIMARY KEY,
  wall_ms INTEGER NOT NULL,
  mono_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE entry (
  at INTEGER PRIMARY KEY,
  content BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- One for each commit group, at its last entry.
CREATE TABLE head (
  at INTEGER PRIMARY KEY REFERENCES entry (at),
  signed BLOB NOT NULL
) STRICT;

-- What tills asked for, as a digest. Not in any entry: losing it only means that a reused tap id is answered, not reported.
CREATE TABLE request (
  at INTEGER PRIMARY KEY REFERENCES entry (at),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

-- Which entry a request without a wristband led to. In no entry either: losing it only means that a repetition counts as a new request.
CREATE TABLE asked (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  at INTEGER NOT NULL REFERENCES entry (at),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE cloud_entry (
  seq INTEGER PRIMARY KEY,
  content BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE cloud_head (
  seq INTEGER PRIMARY KEY REFERENCES cloud_entry (seq),
  signed BLOB NOT NULL
) STRICT;

-- The latest of each epoch.
CREATE TABLE checkpoint (
  epoch INTEGER PRIMARY KEY REFERENCES epoch (epoch),
  seq INTEGER NOT NULL,
  signed BLOB NOT NULL
) STRICT;

-- Filled and emptied to keep free pages inside the file: see room.ts.
CREATE TABLE ballast (bytes BLOB NOT NULL) STRICT;
`;

const APPEND_ONLY = [
  'journal',
  'epoch',
  'boot',
  'entry',
  'head',
  'request',
  'asked',
  'cloud_entry',
  'cloud_head',
];
const GAPLESS = [
  ['entry', 'at'],
  ['cloud_entry', 'seq'],
] as const;

const triggers = [
  ...APPEND_ONLY.flatMap(table =>
    ['UPDATE', 'DELETE'].map(
      verb =>
        `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} ` +
        `BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;`,
    ),
  ),
  ...GAPLESS.map(
    ([table, key]) =>
      `CREATE TRIGGER ${table}_gapless BEFORE INSERT ON ${table} ` +
      `WHEN NEW.${key} IS NOT (SELECT coalesce(max(${key}), 0) + 1 FROM ${table}) ` +
      `BEGIN SELECT RAISE(ABORT, '${table} has no gaps'); END;`,
  ),
].join('\n');

/**
 * Makes the tables in a new file, and makes sure that an old one is this box's.
 * @throws Fault `journal-foreign`, `journal-version`
 */
export function prepareSchema(db: Database, event: EventId, box: BoxId, epoch: Epoch): void {
  if (isEmpty(db)) {
    db.transaction(() => {
      db.exec(TABLES + triggers);
      createProjections(db);
      db.prepare('INSERT INTO journal VALUES (1, ?, ?)').run(event, box);
      db.prepare('INSERT INTO epoch VALUES (?, 0)').run(epoch);
      db.pragma(`user_version = ${VERSION}`);
    }).immediate();
    return;
  }
  assertVersion(db);
  const found = db.prepare<[], { event: number; box: number }>('SELECT event, box FROM journal').get();
  if (found?.event !== event || found.box !== box) {
    throw new Fault(
      'journal-foreign',
      'Give this box its own data folder: the journal in it is another one.',
      {
        detail: { event, box, foundEvent: found?.event ?? null, foundBox: found?.box ?? null },
      },
    );
  }
}

/** Made a moment ago: tables and version come in one transaction. */
function isEmpty(db: Database): boolean {
  return db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
}

/**
 * Before any table is read: what it means in another version nobody here knows.
 * @throws Fault `journal-foreign`, `journal-version`
 */
export function assertVersion(db: Database): void {
  const found = Number(db.pragma('user_version', { simple: true }));
  const own = db
    .prepare<[], number>("SELECT count(*) FROM sqlite_schema WHERE name = 'journal'")
    .pluck()
    .get();
  if (found === 0 || own !== 1) {
    throw new Fault(
      'journal-foreign',
      'Give this box its own data folder: the journal.sqlite in it was not written by a box.',
    );
  }
  if (found === VERSION) return;
  throw new Fault('journal-version', found > VERSION ? NEWER : OLDER, { detail: { found, known: VERSION } });
}

const NEWER =
  'Use the release of the box software that wrote this journal, or a newer one: this one is older.';
const OLDER =
  'Use the release of the box software that wrote this journal until all of it is with the cloud. Then move journal.sqlite and its -wal ' +
  'away, keep them, and start this release with the cloud in reach: it opens a new epoch.';
