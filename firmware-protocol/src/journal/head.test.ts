import { getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { decode } from 'cborg';
import { expect, test } from 'vitest';
import type { BoxId, Epoch, EventId, Seq } from '../ids.ts';
import { CborWriter } from './cbor.ts';
import { peek1, type Sign, sign1, type Verify } from './cose.ts';
import { type Head, openHead, signHead } from './head.ts';

hashes.sha512 = sha512;

const secret = new Uint8Array(32).fill(3);
const signer: Sign = message => sign(message, secret);
const publicKey = getPublicKey(secret);
const verifier: Verify = (signature, message) => verify(signature, message, publicKey, { zip215: false });
const head: Head = {
  event: 7 as EventId,
  box: 258 as BoxId,
  epoch: 2 as Epoch,
  seq: 90_000 as Seq,
  hash: new Uint8Array(32).fill(5),
  wallMs: 1_800_000_000_000,
};

test('a head comes back from its signature, and its payload is plain CBOR', () => {
  const message = signHead('pulsera/head', head, signer);
  expect(openHead('pulsera/head', message, verifier)).toEqual(head);
  expect(decode(peek1(message).payload)).toEqual([7, 258, 2, 90_000, head.hash, 1_800_000_000_000]);
});

test('a head names its box as key, a checkpoint the cloud', () => {
  expect(peek1(signHead('pulsera/head', head, signer)).keyId).toEqual(Uint8Array.of(1, 2));
  expect(peek1(signHead('pulsera/checkpoint', head, signer)).keyId).toEqual(Uint8Array.of(0, 0));
});

test('a head is no checkpoint, and a checkpoint no head', () => {
  const invalid = expect.objectContaining({ code: 'signature-invalid' });
  expect(() => openHead('pulsera/checkpoint', signHead('pulsera/head', head, signer), verifier)).toThrow(
    invalid,
  );
  expect(() => openHead('pulsera/head', signHead('pulsera/checkpoint', head, signer), verifier)).toThrow(
    invalid,
  );
});

test('a signed payload that is not a head is malformed', () => {
  const out = new CborWriter();
  out.array(0);
  const message = sign1('pulsera/head', out.done(), signer);
  expect(() => openHead('pulsera/head', message, verifier)).toThrow(
    expect.objectContaining({ code: 'cbor-malformed' }),
  );
  const { payload } = peek1(signHead('pulsera/head', head, signer));
  const longer = sign1('pulsera/head', Uint8Array.of(...payload, 0), signer);
  expect(() => openHead('pulsera/head', longer, verifier)).toThrow(
    expect.objectContaining({ code: 'cbor-malformed', detail: { offset: payload.length } }),
  );
});
