import { TenantId } from '@pulsera/firmware-protocol/ids';
import { CODE_LENGTH, readCode, showCode } from '@pulsera/firmware-protocol/wire/enrolment';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testWorld } from '../../test/cloud.ts';
import { makeCode, tenantOfCode } from './enrolment-code.ts';

const tenant = fc.integer({ min: 1, max: 0xffff_ffff }).map(n => TenantId.parse(n));
const chance = fc.uint8Array({ minLength: 9, maxLength: 9 });

test('a code names its tenant, as shown and as typed', () => {
  fc.assert(
    fc.property(tenant, chance, (id, bytes) => {
      const code = makeCode(id, () => bytes);
      expect(code).toHaveLength(CODE_LENGTH);
      expect(readCode(code)).toBe(code);
      expect(readCode(showCode(code).toLowerCase())).toBe(code);
      expect(tenantOfCode(code)).toBe(id);
    }),
  );
});

test('two codes of one tenant share no more than chance would have it', () => {
  const { randomBytes } = testWorld();
  const codes = Array.from({ length: 200 }, () => makeCode(TenantId.parse(1), randomBytes));
  expect(new Set(codes).size).toBe(200);
  for (let i = 0; i < CODE_LENGTH; i++) {
    expect(new Set(codes.map(code => code[i])).size, `place ${i}`).toBeGreaterThan(10);
  }
});

test.each(['', '1234', 'UUUUU-UUUUU-UUUUU-UUUUU', '01234-56789-ABCDE-FGHJKM', '01234-56789-ABCDE-FGHJ!'])(
  '%j is no code',
  typed => {
    expect(readCode(typed)).toBeUndefined();
  },
);
