import type { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { testDatabase } from '../../../../test/database.ts';
import { storeContract } from '../store.contract.ts';
import { postgresStore } from './store.ts';

const NEW_EVENT = `
  INSERT INTO event (tenant_id, name, currency, time_zone, starts_at, ends_at, charge_cap_minor, chip_cap_minor,
    box_offline_cap_minor, terminal_cap_minor, created_at)
  VALUES ($1, 'Wiesenklang', 'EUR', 'Europe/Vienna', now(), now() + interval '1 day', 1, 1, 1, 1, now()) RETURNING event_id`;
const KEY_SET = `
  INSERT INTO key_set (tenant_id, event_id, number, purse_sealed, access_sealed, password_sealed, created_at)
  VALUES ($1, $2, 1, '\\x00', '\\x00', '\\x00', now())`;
const BOX = `
  INSERT INTO edge (tenant_id, event_id, box_id, name, ed25519_public_key, x25519_public_key, state, enrolled_at)
  VALUES ($1, $2, $3, 'box', $4, $4, 'enrolled', now())`;

storeContract('PostgreSQL', async () => {
  const database = await testDatabase();
  const insert = async (sql: string, values: unknown[]) => (await database.asOwner(sql, values)).rows[0];
  return {
    store: postgresStore(database.pool),
    async addEvent(boxes, tenantId) {
      const tenant =
        "INSERT INTO tenant (name, created_at) VALUES ('Wiesenklang', now()) RETURNING tenant_id";
      const { tenant_id } = tenantId === undefined ? await insert(tenant, []) : { tenant_id: tenantId };
      const { event_id } = await insert(NEW_EVENT, [tenant_id]);
      await insert(KEY_SET, [tenant_id, event_id]);
      for (const box of boxes) await insert(BOX, [tenant_id, event_id, box, Buffer.alloc(32, box)]);
      return { tenantId: tenant_id as TenantId, eventId: event_id as EventId };
    },
    close: async () => database[Symbol.asyncDispose](),
  };
});
