/** A tenant with an event as most tests need it. */
import { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';
import { START_MS, type TestCloud } from './cloud.ts';

export const NEW_EVENT = {
  name: 'Wiesenklang 2026',
  currency: 'EUR',
  timeZone: 'Europe/Vienna',
  startsAtMs: START_MS,
  endsAtMs: START_MS + 3 * 24 * 3_600_000,
  caps: { chargeMinor: 15_000, chipMinor: 50_000, boxOfflineMinor: 2_000_000, terminalMinor: 200_000 },
};

export interface Festival {
  readonly tenantId: TenantId;
  readonly eventId: EventId;
  /** `/v1/tenants/…/events/…` */
  readonly path: string;
}

export async function createFestival(cloud: TestCloud): Promise<Festival> {
  const made = await cloud.call('POST', '/v1/tenants', { body: { name: 'Wiesenklang GmbH' } });
  const { tenantId } = z.looseObject({ tenantId: TenantId }).parse(made.body);
  const event = await cloud.call('POST', `/v1/tenants/${tenantId}/events`, { body: NEW_EVENT });
  const { eventId } = z.looseObject({ eventId: EventId }).parse(event.body);
  return { tenantId, eventId, path: `/v1/tenants/${tenantId}/events/${eventId}` };
}

/** Two stands, three products, a bar till, a top-up till and a seller; no plan yet. */
export async function stockFestival(cloud: TestCloud, { path }: Festival): Promise<void> {
  const put = async (list: string, body: unknown) => {
    const answer = await cloud.call('POST', `${path}/${list}`, { body });
    if (answer.status !== 201) throw new Error(`${list}: ${JSON.stringify(answer.body)}`);
  };
  await put('stands', { id: 'bar', name: 'Main bar' });
  await put('stands', { id: 'cash', name: 'Top-up' });
  await put('products', {
    id: 'beer',
    name: 'Beer 0.5 l',
    kind: 'sale',
    priceMinor: 550,
    taxRateBp: 2000,
    depositMinor: 200,
  });
  await put('products', {
    id: 'water',
    name: 'Water',
    kind: 'sale',
    stand: 'bar',
    priceMinor: 300,
    taxRateBp: 1000,
    depositMinor: 0,
  });
  await put('products', {
    id: 'cup',
    name: 'Cup back',
    kind: 'deposit-return',
    priceMinor: 0,
    taxRateBp: 0,
    depositMinor: 200,
  });
  await put('tills', { id: 'bar-1', stand: 'bar', name: 'Bar 1', kind: 'bar' });
  await put('tills', { id: 'cash-1', stand: 'cash', name: 'Cash 1', kind: 'topup' });
  await put('operators', { id: 'ana', name: 'Ana', role: 'seller' });
}
