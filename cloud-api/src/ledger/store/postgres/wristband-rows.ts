import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid } from '@pulsera/firmware-protocol/ids';
import type { Wristband, Wristbands } from '../wristbands.ts';
import type { EventTransaction } from './event-transaction.ts';

export const wristbandRows = (at: EventTransaction): Wristbands => ({
  add: (wristbands, nowMs) => add(at, wristbands, nowMs),
  read: uids => read(at, uids),
  mark: (uids, state) => mark(at, uids, state),
});

async function add(
  { client, tenantId, eventId }: EventTransaction,
  wristbands: readonly Wristband[],
  nowMs: number,
): Promise<Set<ChipUid>> {
  const { rows } = await client.query<{ uid: ChipUid }>(
    `INSERT INTO wristband
       (tenant_id, event_id, uid, wallet, generation, age_class, key_set, root_image, state, registered_at)
     SELECT $1, $2, uid, wallet, generation, age_class, key_set, root_image, 'active', $3
     FROM unnest($4::text[], $5::text[], $6::smallint[], $7::smallint[], $8::smallint[], $9::bytea[])
       AS new (uid, wallet, generation, age_class, key_set, root_image)
     ON CONFLICT DO NOTHING
     RETURNING uid`,
    [
      tenantId,
      eventId,
      new Date(nowMs),
      wristbands.map(w => w.uid),
      wristbands.map(w => w.wallet),
      wristbands.map(w => w.generation),
      wristbands.map(w => w.ageClass),
      wristbands.map(w => w.keySet),
      wristbands.map(w => Buffer.from(fromHex(w.rootImage))),
    ],
  );
  return new Set(rows.map(({ uid }) => uid));
}

async function read(
  { client, tenantId, eventId }: EventTransaction,
  uids: readonly ChipUid[],
): Promise<Wristband[]> {
  const { rows } = await client.query(
    `SELECT uid, wallet, generation, age_class, key_set, root_image FROM wristband
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[])`,
    [tenantId, eventId, uids],
  );
  return rows.map(row => ({
    uid: row.uid,
    wallet: row.wallet,
    generation: row.generation,
    ageClass: row.age_class,
    keySet: row.key_set,
    rootImage: toHex(row.root_image),
  }));
}

async function mark(
  { client, tenantId, eventId }: EventTransaction,
  uids: readonly ChipUid[],
  state: 'blocked' | 'replaced',
): Promise<void> {
  await client.query(
    `UPDATE wristband SET state = $4
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[]) AND ($4 = 'replaced' OR state = 'active')`,
    [tenantId, eventId, uids, state],
  );
}
