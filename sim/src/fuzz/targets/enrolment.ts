/**
 * What the cloud reads of strangers' bodies beyond a schema: proofs, signed nonces, tickets, public keys, codes that people type; and the
 * key sets that a box opens. The first byte says which.
 */
import { assertEd25519Key, assertX25519Key } from '@pulsera/cloud-api/edges/public-key';
import { readTicket } from '@pulsera/cloud-api/edges/ticket';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { KeySetNumber } from '@pulsera/firmware-protocol/ids';
import { sign1 } from '@pulsera/firmware-protocol/journal/cose';
import {
  codeHash,
  decodeKeySets,
  EnrolmentRequest,
  encodeKeySets,
  enrolmentIsProven,
  nonceIsSigned,
  proveEnrolment,
  readCode,
  SessionRequest,
  showCode,
  signNonce,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { ZodError } from 'zod';
import { chosen, json, utf8 } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

const SIGNATURE = new Uint8Array(64).fill(7);
const sign = () => SIGNATURE;
const CODE = '0123456789ABCDEFGHJK';
const HEX32 = '0f'.repeat(32);
const request = proveEnrolment(
  { code: CODE, boxName: 'Box', ed25519PublicKey: HEX32, x25519PublicKey: HEX32 },
  sign,
);
const keySets = encodeKeySets([
  { number: 1 as KeySetNumber, purse: '0f'.repeat(16), access: '1f'.repeat(16), password: '2f'.repeat(16) },
]);
const KEY = new Uint8Array(32).fill(9);

type Reader = (input: Uint8Array) => boolean;
const READERS: readonly Reader[] = [proof, nonce, code, keys, ticket, publicKey];

export const target: Target = {
  shape: 'json',
  from: 1,
  seeds: [
    chosen(0, json(request)),
    chosen(1, json(signNonce('0f'.repeat(57), sign))),
    chosen(2, utf8(`${showCode(CODE).toLowerCase()} `)),
    chosen(3, keySets),
    chosen(4, sign1('pulsera/session', KEY, sign)),
    chosen(5, KEY),
    chosen(5, new Uint8Array(32)),
    chosen(
      5,
      Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 0x7f : 0xff)),
    ),
  ],
  words: ['proof', 'boxName', 'code', 'nonce', 'signature', CODE, ' ', 'İ', 'ſ'],
  run: input => (READERS[(input[0] ?? 0) % READERS.length] ?? proof)(input.subarray(1)),
};

function proof(input: Uint8Array): boolean {
  const parsed = EnrolmentRequest.safeParse(parse(input));
  if (!parsed.success) return false;
  const isProven = enrolmentIsProven(parsed.data, () => true);
  holds(!enrolmentIsProven(parsed.data, () => false), 'a proof without a good signature');
  return isProven;
}

function nonce(input: Uint8Array): boolean {
  const parsed = SessionRequest.safeParse(parse(input));
  if (!parsed.success) return false;
  holds(!nonceIsSigned(parsed.data, () => false), 'a nonce without a good signature');
  return nonceIsSigned(parsed.data, () => true);
}

function code(input: Uint8Array): boolean {
  const read = readCode(new TextDecoder().decode(input));
  if (read === undefined) return false;
  holds(readCode(showCode(read)) === read, 'a code is another when it is shown and typed again');
  holds(codeHash(read).length === 32, 'no hash');
  return true;
}

function keys(input: Uint8Array): boolean {
  const read = attempt(['json-not-canonical', ZodError], () => decodeKeySets(input));
  if (read === undefined) return false;
  holds(toHex(encodeKeySets(read)) === toHex(input), 'key sets are other bytes when encoded again');
  return true;
}

function ticket(input: Uint8Array): boolean {
  return readTicket('token', input, 0, KEY) !== undefined;
}

function publicKey(input: Uint8Array): boolean {
  const key = new Uint8Array(32);
  key.set(input.subarray(0, 32));
  const isGood = [assertEd25519Key, assertX25519Key].map(check =>
    attempt(['box-key-refused'], () => {
      check(key);
      return true;
    }),
  );
  return isGood.includes(true);
}

function parse(input: Uint8Array): unknown {
  return attempt([SyntaxError], () => JSON.parse(new TextDecoder().decode(input)) as unknown);
}
