import { getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../bytes.ts';
import { KeySetNumber } from '../ids.ts';
import {
  CODE_ALPHABET,
  CODE_LENGTH,
  codeHash,
  decodeKeySets,
  EnrolmentRequest,
  encodeKeySets,
  enrolmentIsProven,
  nonceIsSigned,
  proveEnrolment,
  readCode,
  showCode,
  signNonce,
} from './enrolment.ts';

hashes.sha512 = sha512;
const secret = new Uint8Array(32).fill(3);
const publicKey = getPublicKey(secret);
const signBytes = (message: Uint8Array) => sign(message, secret);
const verifyBytes = (signature: Uint8Array, message: Uint8Array) =>
  verify(signature, message, publicKey, { zip215: false });

const CODE = '0123456789ABCDEFGHJK';
const claim = {
  code: CODE,
  boxName: 'Box 1',
  ed25519PublicKey: toHex(publicKey),
  x25519PublicKey: '09'.padEnd(64, '0'),
};

test('a code is read however a person types it', () => {
  const code = fc.string({
    unit: fc.constantFrom(...CODE_ALPHABET),
    minLength: CODE_LENGTH,
    maxLength: CODE_LENGTH,
  });
  fc.assert(
    fc.property(code, fc.constantFrom('', ' ', '-', ' - '), (meant, gap) => {
      const typed = [...meant.replaceAll('0', 'o').replaceAll('1', 'l')].join(gap);
      expect(readCode(typed)).toBe(meant);
      expect(readCode(showCode(meant))).toBe(meant);
    }),
  );
  expect(showCode(CODE)).toBe('01234-56789-ABCDE-FGHJK');
});

test('the hash of a code is that of its 20 characters', () => {
  // printf 0123456789ABCDEFGHJK | sha256sum
  expect(toHex(codeHash(CODE))).toBe('a6b239e79989fa88083024f6fa3518b4f917667d90dc8408053fcf0cfc8cfb8a');
});

test('a proof holds for its own request and for no other', () => {
  const request = EnrolmentRequest.parse(proveEnrolment(claim, signBytes));
  expect(enrolmentIsProven(request, verifyBytes)).toBe(true);
  expect(enrolmentIsProven({ ...request, code: showCode(CODE).toLowerCase() }, verifyBytes)).toBe(true);
  for (const change of [
    { code: '1123456789ABCDEFGHJK' },
    { boxName: 'Box 2' },
    { ed25519PublicKey: '01'.padEnd(64, '0') },
    { x25519PublicKey: '08'.padEnd(64, '0') },
    { proof: 'd284' },
  ]) {
    expect(enrolmentIsProven({ ...request, ...change }, verifyBytes), JSON.stringify(change)).toBe(false);
  }
});

test('a signature for a session is none for an enrolment, nor for another nonce', () => {
  const answer = signNonce('aabb', signBytes);
  expect(nonceIsSigned(answer, verifyBytes)).toBe(true);
  expect(nonceIsSigned({ ...answer, nonce: 'aabc' }, verifyBytes)).toBe(false);
  const { proof } = proveEnrolment(claim, signBytes);
  expect(nonceIsSigned({ nonce: 'aabb', signature: proof }, verifyBytes)).toBe(false);
});

test('key sets come back as they were packed, and with anything more they are refused', () => {
  const keySets = [
    {
      number: KeySetNumber.parse(1),
      purse: '00'.repeat(16),
      access: '11'.repeat(16),
      password: '22'.repeat(16),
    },
  ];
  expect(decodeKeySets(encodeKeySets(keySets))).toEqual(keySets);
  const more = new TextEncoder().encode('{"keySets":[],"more":1}');
  expect(() => decodeKeySets(more)).toThrow();
});
