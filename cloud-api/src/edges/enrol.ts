/** From a code to a box: all in one transaction, so that no crash burns a code without making its box. */
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { BoxId, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import {
  codeHash,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  enrolmentIsProven,
  readCode,
  showCode,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { and, eq, max } from 'drizzle-orm';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { lockEvent } from '../events/event.ts';
import { openKeySets } from '../events/key-set.ts';
import { newestPlan } from '../events/plan.ts';
import { verifierOf } from '../keys/ed25519.ts';
import type { Attempts } from './attempts.ts';
import { makeCode, tenantOfCode } from './enrolment-code.ts';
import { assertEd25519Key, assertX25519Key } from './public-key.ts';
import { sealKeySets } from './seal-key-sets.ts';
import { edge, enrolmentCode } from './tables.ts';

export const CODE_LIFE_MS = 15 * 60_000;
const MAX_TENANT = 0x7fff_ffff;
const MAX_BOX = 0xffff;

/** A single-use code, shown once. */
export async function createEnrolmentCode(
  cloud: Cloud,
  tenantId: TenantId,
  eventId: EventId,
): Promise<{ code: string; expiresAtMs: number }> {
  const code = makeCode(tenantId, cloud.world.randomBytes);
  const nowMs = cloud.world.nowMs();
  const expiresAtMs = nowMs + CODE_LIFE_MS;
  await withTenant(cloud.pool, tenantId, ({ db }) =>
    db.insert(enrolmentCode).values({
      tenantId,
      eventId,
      codeHash: codeHash(code),
      createdAt: new Date(nowMs),
      expiresAt: new Date(expiresAtMs),
    }),
  );
  return { code: showCode(code), expiresAtMs };
}

/**
 * The box's number and everything it needs to sell. A box that didn't get its answer asks again with the same code
 * and keys and gets it, while the code lives: it proves who it is, and the keys are sealed to it alone.
 * @param address for counting wrong codes
 * @throws Fault `enrolment-attempts-exceeded`, `enrolment-proof-invalid`, `box-key-refused`, `enrolment-code-unknown`,
 *   `enrolment-code-used`, `enrolment-code-expired`, `box-key-known`, `box-revoked`, `boxes-exhausted`
 */
export async function enrol(
  cloud: Cloud,
  attempts: Attempts,
  request: EnrolmentRequest,
  address: string,
): Promise<EnrolmentAnswer> {
  attempts.assertAllowed(address);
  const keys = provenKeys(request);
  const code = readCode(request.code);
  const tenantId = code === undefined ? 0 : tenantOfCode(code);
  if (code === undefined || tenantId < 1 || tenantId > MAX_TENANT) {
    attempts.failed(address);
    throw codeUnknown();
  }
  const answer = await withTenant(cloud.pool, tenantId, async tx => {
    const used = await useCode(cloud, tx, code, request.boxName, keys);
    return used && answerFor(cloud, tx, used.eventId, used.boxId, keys.x25519);
  });
  if (answer) return answer;
  attempts.failed(address);
  throw codeUnknown();
}

interface BoxKeys {
  readonly ed25519: Uint8Array;
  readonly x25519: Uint8Array;
}

function provenKeys(request: EnrolmentRequest): BoxKeys {
  const ed25519 = fromHex(request.ed25519PublicKey);
  const x25519 = fromHex(request.x25519PublicKey);
  assertEd25519Key(ed25519);
  assertX25519Key(x25519);
  if (!enrolmentIsProven(request, verifierOf(ed25519))) {
    throw new Fault(
      'enrolment-proof-invalid',
      'Sign code hash, box name and both keys as docs/wire.md says.',
    );
  }
  return { ed25519, x25519 };
}

/** Undefined for a code that this tenant doesn't have. */
async function useCode(
  cloud: Cloud,
  tx: TenantTransaction,
  code: string,
  name: string,
  keys: BoxKeys,
): Promise<{ eventId: EventId; boxId: BoxId } | undefined> {
  const thisCode = and(eq(enrolmentCode.tenantId, tx.tenantId), eq(enrolmentCode.codeHash, codeHash(code)));
  // Held to the end: of two boxes with one code the second sees it used.
  const [row] = await tx.db.select().from(enrolmentCode).where(thisCode).for('update');
  if (!row) return undefined;
  const eventId = EventId.parse(row.eventId);
  const nowMs = cloud.world.nowMs();
  if (row.boxId !== null) {
    const boxId = BoxId.parse(row.boxId);
    const same = nowMs < row.expiresAt.getTime() && (await isBox(tx, eventId, boxId, keys));
    if (same) return { eventId, boxId };
    throw new Fault('enrolment-code-used', 'A box has enrolled with this code: make another for this one.', {
      detail: { boxId },
    });
  }
  if (nowMs >= row.expiresAt.getTime()) {
    throw new Fault('enrolment-code-expired', 'Make a new code: this one was good for 15 minutes.');
  }
  const boxId = await addBox(tx, eventId, name, keys, nowMs);
  await tx.db
    .update(enrolmentCode)
    .set({ usedAt: new Date(nowMs), boxId })
    .where(thisCode);
  return { eventId, boxId };
}

async function isBox(tx: TenantTransaction, eventId: EventId, boxId: BoxId, keys: BoxKeys): Promise<boolean> {
  const [row] = await tx.db
    .select()
    .from(edge)
    .where(and(eq(edge.tenantId, tx.tenantId), eq(edge.eventId, eventId), eq(edge.boxId, boxId)));
  return (
    row?.state === 'enrolled' &&
    toHex(row.ed25519PublicKey) === toHex(keys.ed25519) &&
    toHex(row.x25519PublicKey) === toHex(keys.x25519)
  );
}

async function addBox(
  tx: TenantTransaction,
  eventId: EventId,
  name: string,
  keys: BoxKeys,
  nowMs: number,
): Promise<BoxId> {
  await lockEvent(tx, eventId);
  const ofEvent = and(eq(edge.tenantId, tx.tenantId), eq(edge.eventId, eventId));
  const [known] = await tx.db
    .select({ boxId: edge.boxId })
    .from(edge)
    .where(and(ofEvent, eq(edge.ed25519PublicKey, keys.ed25519)));
  if (known) {
    throw new Fault('box-key-known', 'Make a new key pair on the box: one identity is one box.', {
      detail: { boxId: known.boxId },
    });
  }
  const [highest] = await tx.db
    .select({ boxId: max(edge.boxId) })
    .from(edge)
    .where(ofEvent);
  const number = (highest?.boxId ?? 0) + 1;
  if (number > MAX_BOX)
    throw new Fault('boxes-exhausted', 'An event has at most 65535 boxes, revoked ones included.');
  const boxId = BoxId.parse(number);
  await tx.db.insert(edge).values({
    tenantId: tx.tenantId,
    eventId,
    boxId,
    name,
    ed25519PublicKey: keys.ed25519,
    x25519PublicKey: keys.x25519,
    state: 'enrolled',
    enrolledAt: new Date(nowMs),
  });
  return boxId;
}

async function answerFor(
  cloud: Cloud,
  tx: TenantTransaction,
  eventId: EventId,
  boxId: BoxId,
  x25519PublicKey: Uint8Array,
): Promise<EnrolmentAnswer> {
  const tenantId = TenantId.parse(tx.tenantId);
  const keySets = await openKeySets(cloud, tx, eventId);
  const plan = await newestPlan(tx, eventId);
  return {
    tenantId,
    eventId,
    boxId,
    epoch: 1,
    cloudPublicKey: toHex(cloud.signer.publicKey),
    keySets: await sealKeySets(keySets, { tenantId, eventId, boxId, x25519PublicKey }),
    signedPlan: plan ? toHex(plan.signed) : null,
  };
}

function codeUnknown(): Fault {
  return new Fault('enrolment-code-unknown', 'Type the 20 characters again, or make a new code.');
}
