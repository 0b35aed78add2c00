/**
 * Sets `request.edge` for every route registered in the same scope, or refuses. Revocation is looked up each time:
 * a stolen box must not sell on for the rest of its hour.
 */

import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../context.ts';
import { withTenant } from '../database/with-tenant.ts';
import { boxRow } from './boxes.ts';
import { contactNotes } from './contact.ts';
import { boxRevoked } from './session.ts';
import { type EdgeIdentity, readTicket } from './ticket.ts';

export interface AuthenticatedEdge extends EdgeIdentity {
  /** Only ever true where `edgeAuth` was told to let revoked boxes in. */
  readonly revoked: boolean;
  readonly ed25519PublicKey: Uint8Array;
  readonly x25519PublicKey: Uint8Array;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `edgeAuth`; read it with `edgeOf`. */
    edge: AuthenticatedEdge | null;
  }
}

/**
 * Call it on the scope whose routes are for boxes only, before they are registered.
 * @param revoked `admit` for the one route where a revoked box is heard: what it sends of its journal is evidence
 */
export function edgeAuth(app: FastifyInstance, cloud: Cloud, revoked: 'refuse' | 'admit' = 'refuse'): void {
  app.decorateRequest('edge', null);
  const noteContact = contactNotes(cloud);
  // Before the body is read: 100 MB from somebody without a token are not even received.
  app.addHook('onRequest', async request => {
    const edge = await authenticate(cloud, request.headers.authorization);
    if (edge.revoked && revoked === 'refuse') throw boxRevoked(edge);
    await noteContact(edge);
    request.edge = edge;
  });
}

/** The box that asks. @throws Error outside a scope with `edgeAuth`: a mistake of ours */
export function edgeOf(request: FastifyRequest): AuthenticatedEdge {
  if (!request.edge) throw new Error('this route is not under edgeAuth');
  return request.edge;
}

/** @throws Fault `session-missing`, `session-expired`, `session-refused` */
async function authenticate(cloud: Cloud, authorization: string | undefined): Promise<AuthenticatedEdge> {
  const token = /^Bearer ((?:[0-9a-f]{2})+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new Fault('session-missing', 'Open a session and send its token as Authorization: Bearer TOKEN.');
  }
  const who = readTicket('token', fromHex(token), cloud.world.nowMs(), cloud.sessionKey);
  if (who === 'expired') throw new Fault('session-expired', 'Open a new session.');
  const row = who && (await withTenant(cloud.pool, who.tenantId, tx => boxRow(tx, who.eventId, who.boxId)));
  if (!row) throw new Fault('session-refused', 'Open a new session: this token is none of ours.');
  const { ed25519PublicKey, x25519PublicKey, state } = row;
  return { ...who, ed25519PublicKey, x25519PublicKey, revoked: state === 'revoked' };
}
