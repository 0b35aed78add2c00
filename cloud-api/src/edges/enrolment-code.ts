/**
 * A code's 100 bits: 68 of chance, then the tenant's 32, masked by a hash of the others so that a person doesn't
 * type a row of zeros. Because it names its tenant, looking a code up needs no way around row level security.
 * 68 bits are out of reach of guessing within the code's quarter of an hour, limited or not.
 */
import { createHash } from 'node:crypto';
import type { TenantId } from '@pulsera/firmware-protocol/ids';
import { CODE_ALPHABET, CODE_LENGTH } from '@pulsera/firmware-protocol/wire/enrolment';

const CHANCE_BYTES = 9;
const CHANCE_BITS = 68n;

/** @returns the 20 characters, ungrouped */
export function makeCode(tenantId: TenantId, randomBytes: (length: number) => Uint8Array): string {
  const chance = BigInt.asUintN(Number(CHANCE_BITS), bigintOf(randomBytes(CHANCE_BYTES)));
  return spell((chance << 32n) | BigInt((tenantId ^ mask(chance)) >>> 0));
}

/** The tenant that a code would be of; any 20 characters name some number. @param code as from `readCode` */
export function tenantOfCode(code: string): number {
  let bits = 0n;
  for (const character of code) bits = (bits << 5n) | BigInt(CODE_ALPHABET.indexOf(character));
  return (Number(bits & 0xffff_ffffn) ^ mask(bits >> 32n)) >>> 0;
}

function mask(chance: bigint): number {
  return createHash('sha256').update(chance.toString(16)).digest().readUInt32BE(0);
}

function spell(bits: bigint): string {
  let code = '';
  for (let i = CODE_LENGTH - 1; i >= 0; i--) code += CODE_ALPHABET[Number((bits >> BigInt(5 * i)) & 31n)];
  return code;
}

function bigintOf(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
