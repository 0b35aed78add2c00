import { expect, test } from 'vitest';
import { isRevoked } from './revocation.ts';

const lost = { terminalId: 'bar-1', serial: '4a01ff' };
const its = { terminalId: 'bar-1', serial: '4b02ee' };

test('a revoked serial shuts out that certificate, not the next one of the same till', () => {
  expect(isRevoked([{ serial: '4a01ff' }], lost)).toBe(true);
  expect(isRevoked([{ serial: '4a01ff' }], its)).toBe(false);
});

test('a revoked till is shut out with every certificate', () => {
  expect(isRevoked([{ terminalId: 'bar-1' }], lost)).toBe(true);
  expect(isRevoked([{ terminalId: 'bar-1' }], its)).toBe(true);
  expect(isRevoked([{ terminalId: 'bar-2' }], its)).toBe(false);
});

test.each(['4A01FF', '4a:01:ff', '004a01ff'])('a serial typed as %s is the same serial', serial => {
  expect(isRevoked([{ serial }], lost)).toBe(true);
});

test('nobody is revoked by an empty list', () => {
  expect(isRevoked([], lost)).toBe(false);
});
