/** A box signs in: our nonce, its signature, a token for an hour. */
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import {
  nonceIsSigned,
  type SessionAnswer,
  type SessionRequest,
} from '@pulsera/firmware-protocol/wire/enrolment';
import type { z } from 'zod';
import type { Cloud } from '../context.ts';
import { withTenant } from '../database/with-tenant.ts';
import { verifierOf } from '../keys/ed25519.ts';
import { boxRow } from './boxes.ts';
import { type EdgeIdentity, makeTicket, readTicket } from './ticket.ts';

export const NONCE_LIFE_MS = 60_000;
export const SESSION_LIFE_MS = 60 * 60_000;

/** Says nothing about whether there is such a box: anybody may ask. */
export function challenge(cloud: Cloud, who: EdgeIdentity): { nonce: string; expiresInMs: number } {
  const nonce = makeTicket('nonce', who, NONCE_LIFE_MS, cloud.world, cloud.sessionKey);
  return { nonce: toHex(nonce), expiresInMs: NONCE_LIFE_MS };
}

/**
 * A nonce can be answered more than once within its minute; each time it is the same box that gets a token.
 * @throws Fault `nonce-expired`, `session-refused`, `box-revoked`
 */
export async function openSession(
  cloud: Cloud,
  request: SessionRequest,
): Promise<z.infer<typeof SessionAnswer>> {
  const who = readTicket('nonce', fromHex(request.nonce), cloud.world.nowMs(), cloud.sessionKey);
  if (who === 'expired') throw new Fault('nonce-expired', 'Ask for a new challenge and sign that.');
  if (!who) throw refused();
  const row = await withTenant(cloud.pool, who.tenantId, tx => boxRow(tx, who.eventId, who.boxId));
  if (!row || !nonceIsSigned(request, verifierOf(row.ed25519PublicKey))) throw refused();
  if (row.state === 'revoked') throw boxRevoked(who);
  return {
    token: toHex(makeTicket('token', who, SESSION_LIFE_MS, cloud.world, cloud.sessionKey)),
    expiresInMs: SESSION_LIFE_MS,
    wallMs: cloud.world.nowMs(),
  };
}

export function boxRevoked({ boxId }: EdgeIdentity): Fault {
  return new Fault(
    'box-revoked',
    'This box was revoked: enrol it again with a new key pair and a new code.',
    {
      detail: { boxId },
    },
  );
}

/** One answer for a nonce that isn't ours, a box there isn't and a wrong signature: none of them is a box's. */
function refused(): Fault {
  return new Fault(
    'session-refused',
    'Sign the nonce as docs/wire.md says, with the key this box enrolled with.',
  );
}
