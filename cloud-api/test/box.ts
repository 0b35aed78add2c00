/** A box as far as the cloud sees it: two key pairs, enrolment, sessions, opening what was sealed to it. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import type { Sign } from '@pulsera/firmware-protocol/journal/cose';
import {
  ChallengeAnswer,
  decodeKeySets,
  EnrolmentAnswer,
  type EnrolmentRequest,
  type KeySet,
  keySetsAad,
  keySetsInfo,
  proveEnrolment,
  type Sealed,
  SessionAnswer,
  signNonce,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import { z } from 'zod';
import type { Answer, TestCloud } from './cloud.ts';
import type { Festival } from './festival.ts';

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);

export interface TestBox {
  readonly ed25519PublicKey: string;
  readonly x25519PublicKey: string;
  readonly sign: Sign;
  request(code: string, boxName?: string): EnrolmentRequest;
  open(sealed: Sealed, to: { tenantId: number; eventId: number; boxId: number }): Promise<KeySet[]>;
}

export interface EnrolledBox extends TestBox, EnrolmentAnswer {
  readonly token: string;
}

export function makeBox(): TestBox {
  const identity = generateKeyPairSync('ed25519');
  const sealing = generateKeyPairSync('x25519');
  const rawPublic = (key: typeof identity.publicKey) =>
    toHex(key.export({ format: 'der', type: 'spki' }).subarray(-32));
  const ed25519PublicKey = rawPublic(identity.publicKey);
  const x25519PublicKey = rawPublic(sealing.publicKey);
  const signWith: Sign = message => new Uint8Array(sign(null, message, identity.privateKey));
  return {
    ed25519PublicKey,
    x25519PublicKey,
    sign: signWith,
    request: (code, boxName = 'Box at the main bar') =>
      proveEnrolment({ code, boxName, ed25519PublicKey, x25519PublicKey }, signWith),
    async open({ encapsulatedKey, ciphertext }, to) {
      const der = sealing.privateKey.export({ format: 'der', type: 'pkcs8' });
      const privateKey = await suite.DeserializePrivateKey(new Uint8Array(der.subarray(-32)));
      const plain = await suite.Open(privateKey, fromHex(encapsulatedKey), fromHex(ciphertext), {
        info: keySetsInfo(),
        aad: keySetsAad(to),
      });
      return decodeKeySets(plain);
    },
  };
}

export async function newCode(cloud: TestCloud, { path }: Festival): Promise<string> {
  const answer = await cloud.call('POST', `${path}/enrolment-codes`);
  return z.looseObject({ code: z.string() }).parse(answer.body).code;
}

export function enrolWith(cloud: TestCloud, body: EnrolmentRequest, address?: string): Promise<Answer> {
  const headers = address === undefined ? {} : { 'x-forwarded-for': address };
  return cloud.call('POST', '/v1/enrolments', { body, token: null, headers });
}

/** Enrolled and signed in. */
export async function enrolBox(cloud: TestCloud, festival: Festival): Promise<EnrolledBox> {
  const box = makeBox();
  const answer = EnrolmentAnswer.parse(
    (await enrolWith(cloud, box.request(await newCode(cloud, festival)))).body,
  );
  return { ...box, ...answer, token: await signIn(cloud, { ...box, ...answer }) };
}

export async function signIn(
  cloud: TestCloud,
  box: Pick<EnrolledBox, 'tenantId' | 'eventId' | 'boxId' | 'sign'>,
): Promise<string> {
  const answer = await openSessionOf(cloud, box);
  return SessionAnswer.parse(answer.body).token;
}

export async function openSessionOf(
  cloud: TestCloud,
  { tenantId, eventId, boxId, sign: signWith }: Pick<EnrolledBox, 'tenantId' | 'eventId' | 'boxId' | 'sign'>,
): Promise<Answer> {
  const asked = await cloud.call('POST', '/v1/edge/challenges', {
    body: { tenantId, eventId, boxId },
    token: null,
  });
  const { nonce } = ChallengeAnswer.parse(asked.body);
  return cloud.call('POST', '/v1/edge/sessions', { body: signNonce(nonce, signWith), token: null });
}
