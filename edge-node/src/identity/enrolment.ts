/** What the box got when it was enrolled: whose it is, and the event's keys. Kept in the vault. */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { BoxId, Epoch, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import {
  decodeKeySets,
  type EnrolmentAnswer,
  KeySet,
  keySetsAad,
  keySetsInfo,
  type Sealed,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { z } from 'zod';
import type { Identity } from './identity.ts';
import type { Vault } from './vault.ts';

const SECRET = 'enrolment';

const Enrolment = z.strictObject({
  tenantId: TenantId,
  eventId: EventId,
  boxId: BoxId,
  /** Of the journal the box begins; later ones stand in the journal itself. */
  epoch: Epoch,
  /** Ed25519, hex: signs plans, checkpoints and the cloud's journal. */
  cloudPublicKey: z.string().regex(/^[0-9a-f]{64}$/),
  keySets: z.array(KeySet).min(1),
});
export type Enrolment = z.infer<typeof Enrolment>;

/** The answer with its key sets opened. @throws Fault `sealed-to-another`, `json-not-canonical` */
export async function openEnrolment(answer: EnrolmentAnswer, identity: Identity): Promise<Enrolment> {
  const { tenantId, eventId, boxId, epoch, cloudPublicKey, keySets } = answer;
  const opened = await openKeySets(keySets, answer, identity);
  return Enrolment.parse({ tenantId, eventId, boxId, epoch, cloudPublicKey, keySets: opened });
}

/** The event's key sets as they were sealed to this box. @throws Fault `sealed-to-another`, `json-not-canonical` */
export async function openKeySets(
  { encapsulatedKey, ciphertext }: Sealed,
  { tenantId, eventId, boxId }: Pick<Enrolment, 'tenantId' | 'eventId' | 'boxId'>,
  identity: Identity,
): Promise<KeySet[]> {
  const opened = await identity.unseal({
    encapsulatedKey: fromHex(encapsulatedKey),
    ciphertext: fromHex(ciphertext),
    info: keySetsInfo(),
    aad: keySetsAad({ tenantId, eventId, boxId }),
  });
  return decodeKeySets(opened);
}

export function saveEnrolment(vault: Vault, enrolment: Enrolment): void {
  vault.write(SECRET, Buffer.from(JSON.stringify(Enrolment.parse(enrolment))));
}

/** @throws Fault `not-enrolled`, `vault-damaged` */
export function loadEnrolment(vault: Vault): Enrolment {
  const secret = vault.read(SECRET);
  if (secret === undefined) throw new Fault('not-enrolled', 'Enrol this box with a code from the organizer.');
  try {
    return Enrolment.parse(JSON.parse(Buffer.from(secret).toString('utf8')));
  } catch (cause) {
    throw new Fault('vault-damaged', 'Enrol this box anew: what it kept of its enrolment can not be read.', {
      cause,
    });
  }
}
