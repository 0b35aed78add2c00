/**
 * How a box becomes known to the cloud, and how it signs in afterwards. Binary values are lower-case hex.
 *
 * Enrolment: the organizer makes a single-use code; the box sends it with its two public keys and a proof that it
 * holds the Ed25519 one. The answer gives the box its number and the event's key sets, sealed to its X25519 key
 * by HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, AES-128-GCM 0x0001.
 *
 * Session: the cloud's nonce, signed by the box, buys a bearer token. Neither depends on the box's clock.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { z } from 'zod';
import { fromHex, toHex } from '../bytes.ts';
import { BoxId, EventId, KeySetNumber, PlanVersion, TenantId } from '../ids.ts';
import { open1, type Sign, sign1, type Verify } from '../journal/cose.ts';
import { decodeCanonical, encodeCanonical } from './canonical-json.ts';

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `${bytes} bytes as lower-case hex`);
const hexUpTo = (bytes: number) =>
  z
    .string()
    .regex(/^(?:[0-9a-f]{2})+$/, 'bytes as lower-case hex')
    .max(2 * bytes);

// ── the code ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Crockford's base 32: no I, L, O, U, so that a code survives being read out over a radio. */
export const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const CODE_LENGTH = 20;

/** What a person typed, as the 20 characters meant: any case, O for 0, I and L for 1, blanks and hyphens ignored. */
export function readCode(typed: string): string | undefined {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return new RegExp(`^[${CODE_ALPHABET}]{${CODE_LENGTH}}$`).test(text) ? text : undefined;
}

/** In four groups of five, as it is shown. */
export function showCode(code: string): string {
  return (code.match(/.{1,5}/g) ?? []).join('-');
}

/** SHA-256 of the 20 characters: all that the cloud keeps of a code. @param code as from `readCode` */
export function codeHash(code: string): Uint8Array {
  return sha256(new TextEncoder().encode(code));
}

// ── enrolment ───────────────────────────────────────────────────────────────────────────────────────────────────

export const EnrolmentRequest = z.strictObject({
  /** As typed; the cloud reads it with `readCode`. */
  code: z.string().min(CODE_LENGTH).max(40),
  boxName: z.string().trim().min(1).max(80),
  ed25519PublicKey: hex(32),
  x25519PublicKey: hex(32),
  /** COSE_Sign1, purpose `pulsera/enrolment`, over the canonical JSON of {codeHash, boxName, ed25519, x25519}. */
  proof: hexUpTo(2048),
});
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

type Claim = Omit<EnrolmentRequest, 'proof'>;

/** The request with its proof. @param code as from `readCode` */
export function proveEnrolment(claim: Claim, sign: Sign): EnrolmentRequest {
  return { ...claim, proof: toHex(sign1('pulsera/enrolment', claimBytes(claim), sign)) };
}

/** Whether the proof is for exactly this request by the holder of its Ed25519 key. */
export function enrolmentIsProven({ proof, ...claim }: EnrolmentRequest, verify: Verify): boolean {
  try {
    return toHex(open1('pulsera/enrolment', fromHex(proof), verify)) === toHex(claimBytes(claim));
  } catch {
    return false;
  }
}

function claimBytes({ code, boxName, ed25519PublicKey, x25519PublicKey }: Claim): Uint8Array {
  const hash = toHex(codeHash(readCode(code) ?? ''));
  return encodeCanonical({ codeHash: hash, boxName, ed25519: ed25519PublicKey, x25519: x25519PublicKey });
}

/** An HPKE message: the encapsulated key and the ciphertext with its tag. */
export const Sealed = z.strictObject({ encapsulatedKey: hex(32), ciphertext: hexUpTo(65_536) });
export type Sealed = z.infer<typeof Sealed>;

export const EnrolmentAnswer = z.strictObject({
  tenantId: TenantId,
  eventId: EventId,
  boxId: BoxId,
  /** Of the journal the box now begins. */
  epoch: z.literal(1),
  /** Ed25519: signs plans, checkpoints and the cloud's journal. Pin it. */
  cloudPublicKey: hex(32),
  /** `KeySets` as canonical JSON, sealed with `keySetsInfo` and `keySetsAad`. */
  keySets: Sealed,
  /** As `openPlan` reads it; null while the event has no plan yet. */
  signedPlan: hexUpTo(0x100_0000).nullable(),
});
export type EnrolmentAnswer = z.infer<typeof EnrolmentAnswer>;

// ── key sets ────────────────────────────────────────────────────────────────────────────────────────────────────

export const KeySet = z.strictObject({
  number: KeySetNumber,
  /** AES-128 master keys, diversified per chip (AN10922). */
  purse: hex(16),
  access: hex(16),
  password: hex(16),
});
export type KeySet = z.infer<typeof KeySet>;
export const KeySets = z.strictObject({ keySets: z.array(KeySet).min(1).max(256) });

export function encodeKeySets(keySets: readonly KeySet[]): Uint8Array {
  return encodeCanonical({ keySets });
}

/** @throws Fault `json-not-canonical`; a ZodError for JSON of another shape. */
export function decodeKeySets(bytes: Uint8Array): KeySet[] {
  return KeySets.parse(decodeCanonical(bytes)).keySets;
}

/** HPKE's `info`: what the message is for. */
export const keySetsInfo = () => new TextEncoder().encode('pulsera/key-sets');

/** HPKE's `aad`: for whom, so that keys sealed for one box can't be passed to another as its own. */
export function keySetsAad(to: { tenantId: number; eventId: number; boxId: number }): Uint8Array {
  return encodeCanonical({ tenantId: to.tenantId, eventId: to.eventId, boxId: to.boxId });
}

/** Answer of `GET /v1/edge/key-sets`. */
export const KeySetsAnswer = z.strictObject({ keySets: Sealed });

// ── sessions ────────────────────────────────────────────────────────────────────────────────────────────────────

export const ChallengeRequest = z.strictObject({
  tenantId: TenantId.max(0x7fff_ffff),
  eventId: EventId.max(0x7fff_ffff),
  boxId: BoxId.min(1),
});
/** The nonce is opaque to the box and good for one minute. */
export const ChallengeAnswer = z.strictObject({ nonce: hexUpTo(256), expiresInMs: z.int().min(1) });

export const SessionRequest = z.strictObject({
  nonce: hexUpTo(256),
  /** COSE_Sign1, purpose `pulsera/session`, over the nonce's bytes. */
  signature: hexUpTo(1024),
});
export type SessionRequest = z.infer<typeof SessionRequest>;

export const SessionAnswer = z.strictObject({
  /** For `Authorization: Bearer …`. */
  token: z.string().min(1).max(512),
  /** Counted from this answer, on the box's monotonic clock: its wall clock may be wrong. */
  expiresInMs: z.int().min(1),
  /** The cloud's clock, for the box to compare its own with. */
  wallMs: z.int().min(0),
});

export function signNonce(nonce: string, sign: Sign): SessionRequest {
  return { nonce, signature: toHex(sign1('pulsera/session', fromHex(nonce), sign)) };
}

export function nonceIsSigned({ nonce, signature }: SessionRequest, verify: Verify): boolean {
  try {
    return toHex(open1('pulsera/session', fromHex(signature), verify)) === nonce;
  } catch {
    return false;
  }
}

// ── plans, as a box fetches them ────────────────────────────────────────────────────────────────────────────────

/** `GET /v1/edge/plan?after=version`: the newest plan above that version, or null. */
export const PlanAnswer = z.strictObject({
  version: PlanVersion.nullable(),
  signedPlan: hexUpTo(0x100_0000).nullable(),
});
