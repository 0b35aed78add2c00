/**
 * How much of the database's own speed ingest keeps: entries a second, verified, settled and booked, over the same INSERT of the
 * same rows by the same role with nothing else. Both on one PostgreSQL, with six boxes sending at a time, batch by batch in turn,
 * so that whatever else the machine does slows both alike.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type {
  BoxId,
  Epoch,
  EventId,
  KeySetNumber,
  ProductId,
  Seq,
  StandId,
  TenantId,
} from '@pulsera/firmware-protocol/ids';
import { entryHash } from '@pulsera/firmware-protocol/journal/chain';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { charge } from '@pulsera/firmware-protocol/purse/rules';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import pg from 'pg';
import { migrateDatabase } from '../src/database/migrate.ts';
import { openPool } from '../src/database/pool.ts';
import { startServer } from '../src/database/server.ts';
import { withTenant } from '../src/database/with-tenant.ts';
import { type Ingesting, ingest } from '../src/ingest/ingest.ts';
import { signerFromSeed, verifierOf } from '../src/keys/ed25519.ts';
import { sha256 } from '../src/keys/sha256.ts';
import { issueWristbands } from '../src/ledger/issue.ts';
import { type JournalRow, uidOf } from '../src/ledger/store/journals.ts';
import { insertRows } from '../src/ledger/store/postgres/journal-rows.ts';
import { postgresStore } from '../src/ledger/store/postgres/store.ts';
import { expectShortLives } from '../src/memory.ts';
import { Chip } from '../test/chip.ts';
import { JournalBox } from '../test/journal-box.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor: number;
  readonly ratio: number;
  readonly target: number;
  readonly holds: boolean;
}

const TARGET = 0.6;
const BOXES = 6;
const GUESTS_A_BOX = 2000;
const TAPS_A_BATCH = 500;
const ENTRIES_A_BATCH = 2 * TAPS_A_BATCH;
const WARM_UP_BATCHES = 4;
const START_MINOR = 5_000_000;

/**
 * @param opened closes what is opened here, folder and all; also when it is closed while this is under way
 * @param batches per box; the first few are sent before the clocks start, since a server is warm most of its life
 */
export async function benchIngest(opened: AsyncDisposableStack, batches = 16): Promise<Figure> {
  // As the cloud's main does. It holds for the floor too.
  expectShortLives();
  const folder = mkdtempSync(join(tmpdir(), 'pulsera-bench-'));
  chmodSync(folder, 0o755);
  opened.defer(async () => rmSync(folder, { recursive: true, force: true }));
  const starting = startServer({ folder, newPassword: 'bench' });
  // Closed before it is up, it is waited for: its files must not come back behind the folder's removal.
  opened.defer(async () => (await starting.catch(() => undefined))?.stop());
  const server = await starting;
  const url = await migrateDatabase(server.url, 'bench');
  const pool = openPool({ url, connections: BOXES, onIdleError: () => {} });
  opened.defer(() => pool.end());
  return await measure(pool, server.url, batches);
}

async function measure(pool: pg.Pool, ownerUrl: string, batches: number): Promise<Figure> {
  const cloud: Ingesting = {
    store: postgresStore(pool),
    signer: signerFromSeed(randomBytes(32)),
    world: { nowMs: Date.now, randomBytes },
  };
  const { tenantId, booked, bare } = await createEvents(ownerUrl);
  const key = signerFromSeed(randomBytes(32));
  const sender = { tenantId, event: booked, verify: verifierOf(key.publicKey) };
  const journals: Journal[] = [];
  for (let number = 1; number <= BOXES; number++) {
    const chips = Array.from({ length: GUESTS_A_BOX }, (_, i) => new Chip(number * 100_000 + i, START_MINOR));
    await issue(cloud, tenantId, booked, chips);
    journals.push({
      box: number as BoxId,
      batches: evening(new JournalBox(booked, number, 1, key.sign), chips, batches),
    });
  }
  await analyze(ownerUrl);

  const rounds = { ingestMs: [] as number[], insertMs: [] as number[] };
  const timed = async (work: (journal: Journal) => Promise<unknown>) => {
    const started = performance.now();
    await Promise.all(journals.map(work));
    return performance.now() - started;
  };
  for (let batch = 0; batch < batches; batch++) {
    const bytesOf = ({ batches: all }: Journal) => all[batch] ?? new Uint8Array();
    const rows = new Map(journals.map(journal => [journal, rowsOf(bytesOf(journal))]));
    const insertMs = await timed(journal =>
      withTenant(pool, tenantId, ({ client }) =>
        insertRows(
          { client, tenantId, eventId: bare },
          { box: journal.box, epoch: 1 as Epoch },
          (batch * ENTRIES_A_BATCH + 1) as Seq,
          rows.get(journal) ?? [],
        ),
      ),
    );
    const ingestMs = await timed(journal => ingest(cloud, { ...sender, box: journal.box }, bytesOf(journal)));
    if (batch < WARM_UP_BATCHES) continue;
    rounds.insertMs.push(insertMs);
    rounds.ingestMs.push(ingestMs);
  }
  const entriesASecond = (roundsMs: readonly number[]) =>
    Math.round((1000 * BOXES * ENTRIES_A_BATCH) / median(roundsMs));
  const value = entriesASecond(rounds.ingestMs);
  const floor = entriesASecond(rounds.insertMs);
  const ratio = Math.round((100 * value) / floor) / 100;
  return { name: 'ingest', value, unit: 'entries/s', floor, ratio, target: TARGET, holds: ratio >= TARGET };
}

/** One round that something else on the machine held up must not decide. */
function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[values.length >> 1];
  if (middle === undefined) throw new RangeError(`send more than ${WARM_UP_BATCHES} batches`);
  return middle;
}

/** What is sent, and nothing else of it: a heap full of test objects would be measured too. */
interface Journal {
  readonly box: BoxId;
  readonly batches: readonly Uint8Array[];
}

/** Three-line carts by guests in no order, each tap with its settlement. */
function evening(box: JournalBox, chips: readonly Chip[], batches: number): Uint8Array[] {
  const products = Array.from({ length: 40 }, (_, i) => `product-${i}` as ProductId);
  for (let tap = 0; tap < batches * TAPS_A_BATCH; tap++) {
    // A step that shares no factor with the number of guests visits them all before it comes back.
    const chip = chips[(tap * 1013) % chips.length];
    const lines = [0, 1, 2].map(line => ({
      product: products[(tap + 7 * line) % products.length] ?? ('product-0' as ProductId),
      quantity: 1 + (tap % 3),
      unitMinor: 250 + 50 * ((tap + line) % 9),
      listMinor: null,
      taxRateBp: line === 0 ? 1000 : 2000,
      depositMinor: line === 2 ? 200 : 0,
    }));
    const totalMinor = lines.reduce(
      (sum, { quantity, unitMinor, depositMinor }) => sum + quantity * (unitMinor + depositMinor),
      0,
    );
    const caps = { chargeMinor: 100_000, chipMinor: 1_000_000 };
    const sale = charge({ stand: `stand-${tap % 4}` as StandId, lines, totalMinor, approvedBy: null }, caps);
    if (!chip || !box.tap(chip, [sale])) throw new Error('a guest of the bench ran out of money');
  }
  return Array.from({ length: batches }, (_, batch) =>
    box.batch(batch * ENTRIES_A_BATCH + 1, (batch + 1) * ENTRIES_A_BATCH),
  );
}

function issue(
  cloud: Ingesting,
  tenantId: TenantId,
  eventId: EventId,
  chips: readonly Chip[],
): Promise<void> {
  const wristbands = chips.map(({ uid, wallet, generation, root }) => {
    return { uid, wallet, generation, ageClass: 0, keySet: 1 as KeySetNumber, rootImage: toHex(root) };
  });
  return cloud.store.within(tenantId, eventId, ledger => issueWristbands(cloud, ledger, wristbands));
}

function rowsOf(bytes: Uint8Array): JournalRow[] {
  const { contents, before } = decodeBatch(bytes);
  let hash = before;
  return contents.map(content => {
    const entry = decodeEntry(content);
    hash = entryHash(hash, content, sha256);
    return { kind: entry.kind, uid: uidOf(entry), wallMs: entry.wallMs, content, hash };
  });
}

async function createEvents(ownerUrl: string) {
  return asOwner(ownerUrl, async client => {
    const { rows: tenants } = await client.query(
      `INSERT INTO tenant (name, created_at) VALUES ('bench', now()) RETURNING tenant_id`,
    );
    const tenantId = tenants[0].tenant_id as TenantId;
    const { rows: events } = await client.query(
      `INSERT INTO event (tenant_id, name, currency, time_zone, starts_at, ends_at, charge_cap_minor, chip_cap_minor,
         box_offline_cap_minor, terminal_cap_minor, created_at)
       SELECT $1, name, 'EUR', 'Europe/Vienna', now(), now() + interval '1 day', 1, 1, 1, 1, now()
       FROM (VALUES ('booked'), ('bare')) AS new (name) RETURNING event_id`,
      [tenantId],
    );
    await client.query(
      `INSERT INTO edge (tenant_id, event_id, box_id, name, ed25519_public_key, x25519_public_key, state, enrolled_at)
       SELECT $1, $2, n, 'box', int4send(n), '', 'enrolled', now() FROM generate_series(1, $3) AS n`,
      [tenantId, events[0].event_id, BOXES],
    );
    return { tenantId, booked: events[0].event_id as EventId, bare: events[1].event_id as EventId };
  });
}

const analyze = (ownerUrl: string) => asOwner(ownerUrl, client => client.query('ANALYZE'));

async function asOwner<T>(ownerUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
