/** Keeps the key objects of boxes that send: making one costs more than a check with it. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { verifierOf } from '../keys/ed25519.ts';

const MAX_KEPT = 10_000;

/** By the key itself, so that a box with a new key never meets the old one. */
export function keptVerifiers(): (publicKey: Uint8Array) => Verify {
  const kept = new Map<string, Verify>();
  return publicKey => {
    const name = toHex(publicKey);
    const known = kept.get(name);
    if (known) return known;
    if (kept.size >= MAX_KEPT) kept.clear();
    const verify = verifierOf(publicKey);
    kept.set(name, verify);
    return verify;
  };
}
