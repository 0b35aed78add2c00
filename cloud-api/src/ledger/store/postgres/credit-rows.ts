import type { WalletId } from '@pulsera/firmware-protocol/ids';
import type { CreditLists, ListEnd, ListedCredit, ListName } from '../credit-lists.ts';
import type { EventTransaction } from './event-transaction.ts';

export const creditRows = (at: EventTransaction): CreditLists => ({
  add: credits => add(at, credits),
  byReference: references => readByReference(at, references),
  ends: wallets => readEnds(at, wallets),
  lists: names => readLists(at, names),
  ofWallet: wallet => readOfWallet(at, wallet),
});

const SELECT = `
  SELECT wallet, generation, number, main_minor, bonus_minor, source, reference, seq FROM wallet_credit
  WHERE tenant_id = $1 AND event_id = $2`;

async function add(
  { client, tenantId, eventId }: EventTransaction,
  credits: readonly ListedCredit[],
): Promise<void> {
  if (credits.length === 0) return;
  await client.query(
    `INSERT INTO wallet_credit
       (tenant_id, event_id, wallet, generation, number, main_minor, bonus_minor, source, reference, seq)
     SELECT $1, $2, * FROM unnest($3::text[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::text[],
       $9::text[], $10::bigint[])`,
    [
      tenantId,
      eventId,
      credits.map(({ wallet }) => wallet),
      credits.map(({ generation }) => generation),
      credits.map(({ number }) => number),
      credits.map(({ mainMinor }) => mainMinor),
      credits.map(({ bonusMinor }) => bonusMinor),
      credits.map(({ source }) => source),
      credits.map(({ reference }) => reference),
      credits.map(({ seq }) => seq),
    ],
  );
}

async function readByReference(
  { client, tenantId, eventId }: EventTransaction,
  references: readonly Pick<ListedCredit, 'source' | 'reference'>[],
): Promise<ListedCredit[]> {
  const { rows } = await client.query(
    `${SELECT} AND (source, reference) IN (SELECT * FROM unnest($3::text[], $4::text[]))`,
    [tenantId, eventId, references.map(({ source }) => source), references.map(({ reference }) => reference)],
  );
  return rows.map(asListed);
}

async function readEnds(
  { client, tenantId, eventId }: EventTransaction,
  wallets: readonly WalletId[],
): Promise<Map<WalletId, ListEnd>> {
  const { rows } = await client.query(
    `SELECT c.wallet, c.generation, (
       SELECT coalesce(max(w.number), 0) FROM wallet_credit w
       WHERE w.tenant_id = $1 AND w.event_id = $2 AND w.wallet = c.wallet AND w.generation = c.generation
     )::int AS number
     FROM (
       SELECT wallet, coalesce(max(generation) FILTER (WHERE registered), max(generation)) AS generation FROM chip_state
       WHERE tenant_id = $1 AND event_id = $2 AND wallet = ANY($3::text[]) GROUP BY wallet
     ) AS c`,
    [tenantId, eventId, wallets],
  );
  return new Map(rows.map(row => [row.wallet, { generation: row.generation, number: row.number }]));
}

async function readLists(
  { client, tenantId, eventId }: EventTransaction,
  names: readonly ListName[],
): Promise<ListedCredit[]> {
  if (names.length === 0) return [];
  const { rows } = await client.query(
    `${SELECT} AND (wallet, generation) IN (SELECT * FROM unnest($3::text[], $4::smallint[]))
     ORDER BY wallet, generation, number`,
    [tenantId, eventId, names.map(({ wallet }) => wallet), names.map(({ generation }) => generation)],
  );
  return rows.map(asListed);
}

async function readOfWallet(
  { client, tenantId, eventId }: EventTransaction,
  wallet: WalletId,
): Promise<ListedCredit[]> {
  const { rows } = await client.query(`${SELECT} AND wallet = $3 ORDER BY generation, number`, [
    tenantId,
    eventId,
    wallet,
  ]);
  return rows.map(asListed);
}

function asListed(row: Record<string, unknown>): ListedCredit {
  return {
    wallet: row.wallet as ListedCredit['wallet'],
    generation: row.generation as ListedCredit['generation'],
    number: row.number as number,
    mainMinor: Number(row.main_minor),
    bonusMinor: Number(row.bonus_minor),
    source: row.source as ListedCredit['source'],
    reference: row.reference as string,
    seq: Number(row.seq),
  };
}
