/** The bootstrap token: whoever has it administers every tenant. It goes once people can sign in. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { FastifyRequest } from 'fastify';

/** A hook for the scope that only the admin may enter. @throws Fault `admin-token-missing` for none or a wrong one */
export function requireAdmin(adminToken: string): (request: FastifyRequest) => Promise<void> {
  const isAdmin = tokenCheck(adminToken);
  return async request => {
    if (isAdmin(request.headers.authorization)) return;
    throw new Fault('admin-token-missing', 'Send the admin token as Authorization: Bearer TOKEN.');
  };
}

/** Compares hashes, so that neither length nor time says anything about the token. */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = sha256(`Bearer ${token}`);
  return authorization => timingSafeEqual(sha256(authorization ?? ''), expected);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
