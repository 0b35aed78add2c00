import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { expect, test } from 'vitest';
import { signerFromSeed, verifierOf } from './ed25519.ts';

test('signs as RFC 8032 says (section 7.1, test 2), and checks what it signed', () => {
  const signer = signerFromSeed(fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'));
  expect(toHex(signer.publicKey)).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  const message = Uint8Array.of(0x72);
  const signature = signer.sign(message);
  expect(toHex(signature)).toBe(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  );
  const verify = verifierOf(signer.publicKey);
  expect(verify(signature, message)).toBe(true);
  expect(verify(signature, Uint8Array.of(0x73))).toBe(false);
  expect(verify(signature.subarray(1), message)).toBe(false);
});
