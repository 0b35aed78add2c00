/** HPKE (RFC 9180), base mode: only the box with this X25519 key reads the key sets, whoever carries them. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import {
  encodeKeySets,
  type KeySet,
  keySetsAad,
  keySetsInfo,
  type Sealed,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);

export async function sealKeySets(
  keySets: readonly KeySet[],
  to: { tenantId: number; eventId: number; boxId: number; x25519PublicKey: Uint8Array },
): Promise<Sealed> {
  const publicKey = await suite.DeserializePublicKey(to.x25519PublicKey);
  const { encapsulatedSecret, ciphertext } = await suite.Seal(publicKey, encodeKeySets(keySets), {
    info: keySetsInfo(),
    aad: keySetsAad(to),
  });
  return { encapsulatedKey: toHex(encapsulatedSecret), ciphertext: toHex(ciphertext) };
}
