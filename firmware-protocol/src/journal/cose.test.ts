import { etc, getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { decode, encode, Tagged } from 'cborg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import { open1, type Purpose, peek1, type Sign, sign1, type Verify } from './cose.ts';

hashes.sha512 = sha512;

const PURPOSES: readonly Purpose[] = [
  'pulsera/head',
  'pulsera/checkpoint',
  'pulsera/plan',
  'pulsera/enrolment',
  'pulsera/session',
];
const secret = new Uint8Array(32).fill(7);
const publicKey = getPublicKey(secret);
const signer: Sign = message => sign(message, secret);
const verifier: Verify = (signature, message) => verify(signature, message, publicKey, { zip215: false });
const payload = fc.uint8Array({ maxLength: 300 });
const keyId = fc.uint8Array({ maxLength: 32 });
const purpose = fc.constantFrom(...PURPOSES);
const fast = { numRuns: 20 };

/** As any other COSE library would read it: tag 18 over [protected, unprotected, payload, signature]. */
function readElsewhere(message: Uint8Array) {
  const tags = Tagged.preserve(18);
  const tagged = decode(message, { strict: true, useMaps: true, tags });
  const [headers, unprotected, content, signature] = tagged.value;
  return { tag: tagged.tag, headers: decode(headers, { useMaps: true }), unprotected, content, signature };
}

test('a message is a COSE_Sign1 to others, and its signature is over the Sig_structure of RFC 9052', () => {
  fc.assert(
    fc.property(purpose, payload, keyId, (what, content, id) => {
      const message = sign1(what, content, signer, id);
      const seen = readElsewhere(message);
      expect(seen.tag).toBe(18);
      expect(seen.headers).toEqual(new Map([[1, -8]]));
      expect(seen.unprotected).toEqual(new Map([[4, id]]));
      expect(seen.content).toEqual(content);
      const structure = encode(['Signature1', fromHex('a10127'), new TextEncoder().encode(what), content]);
      expect(verifier(seen.signature, structure)).toBe(true);
      expect(peek1(message)).toEqual({ keyId: id, payload: content, signature: seen.signature });
      expect(open1(what, message, verifier)).toEqual(content);
    }),
    fast,
  );
});

test('a signature made for one purpose passes for no other', () => {
  for (const made of PURPOSES) {
    const message = sign1(made, Uint8Array.of(1, 2, 3), signer);
    for (const asked of PURPOSES.filter(other => other !== made)) {
      expect(() => open1(asked, message, verifier)).toThrow(
        expect.objectContaining({ code: 'signature-invalid', detail: { purpose: asked } }),
      );
    }
  }
});

test('any flipped bit outside the key id is refused', () => {
  const id = Uint8Array.of(0, 7);
  const message = sign1('pulsera/head', Uint8Array.of(1, 2, 3), signer, id);
  // Tag, array, protected header (4), map, 4, length of the key id: the id itself is a hint, and is not signed.
  const idAt = 9;
  expect(message.subarray(idAt, idAt + 2)).toEqual(id);
  for (let bit = 0; bit < 8 * message.length; bit++) {
    const flipped = message.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const inId = bit >> 3 === idAt || bit >> 3 === idAt + 1;
    if (inId) expect(open1('pulsera/head', flipped, verifier)).toEqual(Uint8Array.of(1, 2, 3));
    else expect(() => open1('pulsera/head', flipped, verifier), `bit ${bit}`).toThrow();
  }
});

test.each([
  ['no tag', '8443a10127a10440405840'],
  ['another tag', 'd18443a10127a1044040'],
  ['another algorithm', 'd28443a10126a1044040'],
  ['a protected header in a longer spelling', 'd28444a1013807a1044040'],
  ['an empty unprotected header', 'd28443a10127a04040'],
  ['another unprotected header', 'd28443a10127a1054040'],
  ['a key id of 33 bytes', `d28443a10127a1045821${'00'.repeat(33)}40`],
  ['no payload', 'd28443a10127a10440f6'],
  ['a short signature', `d28443a10127a1044040583f${'00'.repeat(63)}`],
  ['something after it', `d28443a10127a10440405840${'00'.repeat(64)}00`],
])('a message with %s is malformed', (_, hex) => {
  expect(() => peek1(fromHex(hex))).toThrow(expect.objectContaining({ code: 'cbor-malformed' }));
});

test('what no reader would take is not made', () => {
  const empty = new Uint8Array(0);
  expect(() => sign1('pulsera/head', empty, signer, new Uint8Array(33))).toThrow(RangeError);
  expect(() => sign1('pulsera/head', empty, () => new Uint8Array(63))).toThrow(RangeError);
  expect(() => sign1('pulsera/head', new Uint8Array(2 ** 24), () => new Uint8Array(64))).toThrow(RangeError);
});

// RFC 8032, section 7.1, tests 1 to 3.
test.each([
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
])('the signer is Ed25519 as RFC 8032 has it', (key, expectedPublic, message, signature) => {
  expect(toHex(getPublicKey(fromHex(key)))).toBe(expectedPublic);
  expect(toHex(sign(fromHex(message), fromHex(key)))).toBe(signature);
  expect(verify(fromHex(signature), fromHex(message), fromHex(expectedPublic), { zip215: false })).toBe(true);
});

test('a signature with the group order added to it is not the same signature', () => {
  const message = sign1('pulsera/head', Uint8Array.of(1), signer);
  const { signature } = peek1(message);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const scalar = BigInt(`0x${toHex(signature.slice(32).reverse())}`);
  const grown = etc.hexToBytes((scalar + order).toString(16).padStart(64, '0')).reverse();
  const forged = message.slice();
  forged.set(grown, forged.length - 32);
  expect(() => open1('pulsera/head', forged, verifier)).toThrow();
});
