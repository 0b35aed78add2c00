/**
 * An event's archive: everything an auditor needs to check the books alone. A CBOR sequence (RFC 8742) whose items are
 * described in docs/wire.md. It is read in one snapshot, page by page, so it is consistent and needs no memory to speak of.
 */
import type { BoxId, Epoch, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { CLOUD_BOX } from '@pulsera/firmware-protocol/ids';
import { CborWriter } from '@pulsera/firmware-protocol/journal/cbor';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { Cloud } from '../context.ts';
import { databaseFault } from '../database/database-fault.ts';
import type { TenantTransaction } from '../database/with-tenant.ts';
import { boxKeys } from '../edges/boxes.ts';
import { listCases } from '../ledger/cases.ts';
import type { ListedHead } from '../ledger/store/journals.ts';
import { ledgerOf } from '../ledger/store/postgres/store.ts';
import { eventIn } from './event.ts';

const VERSION = 1;
const ENTRIES_A_PAGE = 1000;
const CASES_A_PAGE = 1000;

export type ExportSource = Pick<Cloud, 'pool' | 'signer' | 'world'>;

/** Item by item. @throws Fault `event-unknown` before the first item, `database-unavailable` */
export async function* exportEvent(
  cloud: ExportSource,
  tenantId: TenantId,
  eventId: EventId,
): AsyncGenerator<Uint8Array> {
  const client = await cloud.pool.connect().catch(error => {
    throw databaseFault(error);
  });
  let broken: unknown;
  try {
    await client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('app.tenant_id', '${Number(tenantId)}', true);
       SET LOCAL idle_in_transaction_session_timeout = '10min'`,
    );
    const tx: TenantTransaction = { tenantId, client, db: drizzle(client) };
    const out = new CborWriter();
    let count = 0;
    for await (const write of items(cloud, tx, eventId)) {
      write(out.reset());
      yield out.done();
      count++;
    }
    out.reset().array(2);
    out.text('end');
    out.int(count);
    yield out.done();
  } catch (error) {
    broken = error;
    throw databaseFault(error);
  } finally {
    // Whatever broke, its connection is not used again, and the server rolls back with it.
    if (broken === undefined) {
      await client.query('ROLLBACK').catch(error => {
        broken = error;
      });
    }
    client.release(broken !== undefined);
  }
}

type Write = (out: CborWriter) => void;

async function* items(cloud: ExportSource, tx: TenantTransaction, eventId: EventId): AsyncGenerator<Write> {
  const event = await eventIn(tx, eventId);
  yield out => {
    out.array(7);
    out.text('pulsera-export');
    out.int(VERSION);
    out.int(tx.tenantId);
    out.int(eventId);
    out.text(event.name);
    out.text(event.currency);
    out.int(cloud.world.nowMs());
  };
  const keys = await boxKeys(tx, eventId);
  yield key(CLOUD_BOX, cloud.signer.publicKey, 'cloud');
  for (const { boxId, ed25519PublicKey, state } of keys) yield key(boxId, ed25519PublicKey, state);
  for (const head of await ledgerOf(tx, eventId).journals.heads()) {
    yield journal(head);
    yield* entries(tx, eventId, head);
  }
  yield* quarantined(tx, eventId);
  for (const { account, amountMinor } of await ledgerOf(tx, eventId).balances.all()) {
    yield out => {
      out.array(3);
      out.text('balance');
      out.text(account);
      out.int(amountMinor);
    };
  }
  yield* cases(tx, eventId);
}

const key =
  (box: BoxId, publicKey: Uint8Array, state: string): Write =>
  out => {
    out.array(4);
    out.text('key');
    out.int(box);
    out.bytes(publicKey);
    out.text(state);
  };

const journal =
  ({ box, epoch, seq, hash, head, checkpoint, state }: ListedHead): Write =>
  out => {
    out.array(8);
    out.text('journal');
    out.int(box);
    out.int(epoch);
    out.int(seq);
    out.bytes(hash);
    nullableBytes(out, head);
    nullableBytes(out, checkpoint);
    out.text(state);
  };

function nullableBytes(out: CborWriter, bytes: Uint8Array | null): void {
  if (bytes) out.bytes(bytes);
  else out.null();
}

async function* entries(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  { box, epoch, seq }: ListedHead,
): AsyncGenerator<Write> {
  for (let after = 0; after < seq; ) {
    const { rows } = await client.query<{ content: Uint8Array }>(
      `SELECT content FROM journal
       WHERE tenant_id = $1 AND event_id = $2 AND box_id = $3 AND epoch = $4 AND seq > $5 ORDER BY seq LIMIT $6`,
      [tenantId, eventId, box, epoch, after, ENTRIES_A_PAGE],
    );
    if (rows.length === 0) return;
    const from = after + 1;
    yield out => {
      out.array(5);
      out.text('entries');
      out.int(box);
      out.int(epoch);
      out.int(from);
      out.array(rows.length);
      for (const { content } of rows) out.bytes(content);
    };
    after += rows.length;
  }
}

async function* quarantined(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
): AsyncGenerator<Write> {
  const of = 'WHERE tenant_id = $1 AND event_id = $2';
  const { rows: listed } = await client.query(
    `SELECT box_id, epoch, from_seq, head_hash, reason, received_ms FROM quarantine ${of}
     ORDER BY box_id, epoch, from_seq, head_hash`,
    [tenantId, eventId],
  );
  for (const row of listed) {
    // One at a time: each may be as large as a body may be.
    const { rows } = await client.query<{ batch: Uint8Array }>(
      `SELECT batch FROM quarantine ${of} AND box_id = $3 AND epoch = $4 AND from_seq = $5 AND head_hash = $6`,
      [tenantId, eventId, row.box_id, row.epoch, row.from_seq, row.head_hash],
    );
    yield out => {
      out.array(7);
      out.text('quarantine');
      out.int(row.box_id);
      out.int(Number(row.epoch) as Epoch);
      out.int(Number(row.from_seq));
      out.text(row.reason);
      out.int(Number(row.received_ms));
      out.bytes(rows[0]?.batch ?? new Uint8Array(0));
    };
  }
}

async function* cases(tx: TenantTransaction, eventId: EventId): AsyncGenerator<Write> {
  for (let after = 0; ; ) {
    const page = await listCases(ledgerOf(tx, eventId), after, CASES_A_PAGE);
    for (const { number, kind, uid, refs, detail, lossBoundMinor, openedAtMs, state } of page) {
      yield out => {
        out.array(9);
        out.text('case');
        out.int(number);
        out.text(kind);
        if (uid === null) out.null();
        else out.text(uid);
        out.array(refs.length);
        for (const { box, epoch, seq } of refs) {
          out.array(3);
          out.int(box);
          out.int(epoch);
          out.int(seq);
        }
        out.text(JSON.stringify(detail));
        if (lossBoundMinor === null) out.null();
        else out.int(lossBoundMinor);
        out.int(openedAtMs);
        out.text(state);
      };
    }
    const last = page.at(-1);
    if (!last || page.length < CASES_A_PAGE) return;
    after = last.number;
  }
}
