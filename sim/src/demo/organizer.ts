/** The organizer, as the demo plays them: sets an event up through the cloud's admin API, and looks at it later. */

import { Fault } from '@pulsera/firmware-protocol/fault';
import { EventId, type StandId, TenantId, type TillId } from '@pulsera/firmware-protocol/ids';
import type { PlanCaps } from '@pulsera/firmware-protocol/wire/plan';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';
import { Agent, fetch } from 'undici';
import { z } from 'zod';
import type { CatalogueRow } from './catalogue.ts';

export interface CloudAddress {
  readonly url: string;
  readonly adminToken: string;
  /** PEM of the CA behind the cloud's certificate. */
  readonly ca: string;
}

export interface NewTill {
  readonly id: TillId;
  readonly stand: StandId;
  readonly kind: 'bar' | 'topup';
}

export const OPERATOR = 'operator-1';
const TOPUP_STAND = 'top-up';
const DAY_MS = 86_400_000;
const WRISTBANDS_A_REPORT = 500;

export class Organizer {
  readonly #cloud: CloudAddress;
  readonly #agent: Agent;

  constructor(cloud: CloudAddress) {
    this.#cloud = cloud;
    this.#agent = new Agent({ connect: { ca: cloud.ca } });
  }

  /** JSON in, JSON out. @throws Fault with the code that the cloud answered */
  async call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown> {
    const response = await this.answer(method, path, body);
    const answer = (await response.json()) as { code?: string; message?: string };
    if (response.ok) return answer;
    throw new Fault(
      answer.code ?? 'cloud-refused',
      `${method} ${path}: ${answer.message ?? response.status}`,
    );
  }

  /** The export of an event, as it comes. */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.answer('GET', path);
    if (!response.ok || !response.body) throw new Fault('cloud-refused', `GET ${path}: ${response.status}`);
    return response.body;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  /** The cloud's answer as it comes, status and all. */
  answer(method: string, path: string, body?: unknown) {
    return fetch(`${this.#cloud.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#cloud.adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

/** Where everything of the demo's event lies in the API. */
export interface DemoEvent {
  readonly tenantId: TenantId;
  readonly eventId: EventId;
  readonly path: string;
}

export async function setUpEvent(
  organizer: Organizer,
  catalogue: readonly CatalogueRow[],
  tills: readonly NewTill[],
  caps: PlanCaps,
  nowMs: number,
): Promise<DemoEvent> {
  const { tenantId } = z
    .object({ tenantId: TenantId })
    .parse(await organizer.call('POST', '/v1/tenants', { name: 'Demo' }));
  const created = await organizer.call('POST', `/v1/tenants/${tenantId}/events`, {
    name: 'Demo festival',
    currency: 'EUR',
    timeZone: 'Europe/Paris',
    startsAtMs: nowMs - DAY_MS,
    endsAtMs: nowMs + 2 * DAY_MS,
    caps,
  });
  const { eventId } = z.object({ eventId: EventId }).parse(created);
  const path = `/v1/tenants/${tenantId}/events/${eventId}`;
  for (const stand of new Set([...catalogue.map(row => row.stand as string), TOPUP_STAND])) {
    await organizer.call('POST', `${path}/stands`, { id: stand, name: stand });
  }
  await organizer.call('PUT', `${path}/catalogue`, { rows: catalogue.map(asProduct) });
  for (const { id, stand, kind } of tills) {
    await organizer.call('POST', `${path}/tills`, { id, stand, kind, name: id });
  }
  await organizer.call('POST', `${path}/operators`, { id: OPERATOR, name: 'Operator 1', role: 'supervisor' });
  await organizer.call('POST', `${path}/plans`);
  return { tenantId, eventId, path };
}

/** For one box. */
export async function enrolmentCode(organizer: Organizer, { path }: DemoEvent): Promise<string> {
  return z.looseObject({ code: z.string() }).parse(await organizer.call('POST', `${path}/enrolment-codes`))
    .code;
}

export async function reportWristbands(
  organizer: Organizer,
  { path }: DemoEvent,
  wristbands: readonly Wristband[],
): Promise<void> {
  for (let i = 0; i < wristbands.length; i += WRISTBANDS_A_REPORT) {
    const some = wristbands.slice(i, i + WRISTBANDS_A_REPORT);
    await organizer.call('POST', `${path}/wristbands`, { wristbands: some });
  }
}

function asProduct({ stand, product, name, priceMinor, taxRateBp, depositMinor }: CatalogueRow) {
  const isReturn = depositMinor < 0;
  return {
    id: product,
    name,
    kind: isReturn ? 'deposit-return' : 'sale',
    stand,
    priceMinor,
    taxRateBp,
    depositMinor: Math.abs(depositMinor),
  };
}

/** Tills for a catalogue: one in six tops up, the others stand at its stands in turn; every other one at the second box. */
export function tillsFor(
  catalogue: readonly CatalogueRow[],
  count: number,
): readonly (NewTill & { box: number })[] {
  const stands = [...new Set(catalogue.map(({ stand }) => stand))];
  const topUps = Math.max(2, Math.round(count / 6));
  return Array.from({ length: count }, (_, i) => {
    const isTopUp = i < topUps;
    const stand = isTopUp ? (TOPUP_STAND as StandId) : stands[Math.floor((i - topUps) / 2) % stands.length];
    if (stand === undefined) throw new RangeError('a catalogue without stands');
    return {
      // An id has at most 32 characters, its stand's included.
      id: `${stand.slice(0, 24)}-till-${i + 1}` as TillId,
      stand,
      kind: isTopUp ? ('topup' as const) : ('bar' as const),
      box: i % 2,
    };
  });
}
