/**
 * Nonces and bearer tokens that any process of the cloud can check without a table: 18 bytes of content, 8 of chance,
 * and HMAC-SHA256 under the session key. `purpose` keeps a nonce from passing for a token. Only the cloud's clock counts.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { concatBytes, readUint, uintBytes } from '@pulsera/firmware-protocol/bytes';
import { BoxId, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { World } from '../world.ts';

export interface EdgeIdentity {
  readonly tenantId: TenantId;
  readonly eventId: EventId;
  readonly boxId: BoxId;
}
export type TicketPurpose = 'nonce' | 'token';

const PURPOSE_BYTE: Readonly<Record<TicketPurpose, number>> = { nonce: 1, token: 2 };
const CONTENT_BYTES = 1 + 4 + 4 + 2 + 6 + 8;
const MAC_BYTES = 32;

/** purpose u8 ‖ tenant u32 ‖ event u32 ‖ box u16 ‖ expires at u48 (epoch ms) ‖ chance 8 ‖ MAC 32 */
export function makeTicket(
  purpose: TicketPurpose,
  who: EdgeIdentity,
  lifeMs: number,
  world: World,
  key: Uint8Array,
): Uint8Array {
  const content = concatBytes(
    uintBytes(PURPOSE_BYTE[purpose], 1),
    uintBytes(who.tenantId, 4),
    uintBytes(who.eventId, 4),
    uintBytes(who.boxId, 2),
    uintBytes(world.nowMs() + lifeMs, 6),
    world.randomBytes(8),
  );
  return concatBytes(content, mac(key, content));
}

/** Whose ticket it is; `expired` for a true one that is over, undefined for one that we never made. */
export function readTicket(
  purpose: TicketPurpose,
  ticket: Uint8Array,
  nowMs: number,
  key: Uint8Array,
): EdgeIdentity | 'expired' | undefined {
  if (ticket.length !== CONTENT_BYTES + MAC_BYTES) return undefined;
  const content = ticket.subarray(0, CONTENT_BYTES);
  if (!timingSafeEqual(mac(key, content), ticket.subarray(CONTENT_BYTES))) return undefined;
  if (content[0] !== PURPOSE_BYTE[purpose]) return undefined;
  if (nowMs >= readUint(content, 11, 6)) return 'expired';
  return {
    tenantId: TenantId.parse(readUint(content, 1, 4)),
    eventId: EventId.parse(readUint(content, 5, 4)),
    boxId: BoxId.parse(readUint(content, 9, 2)),
  };
}

function mac(key: Uint8Array, content: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(content).digest();
}
