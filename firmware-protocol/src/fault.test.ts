import { expect, test } from 'vitest';
import { Fault, faultCode } from './fault.ts';

test('a fault carries its code, its cause and its figures', () => {
  const cause = new Error('why');
  const fault = new Fault('disk-full', 'Make room.', { cause, detail: { bytes: 1 } });
  expect(fault).toMatchObject({ name: 'Fault', code: 'disk-full', message: 'Make room.', cause });
  expect(fault.detail).toEqual({ bytes: 1 });
  expect('cause' in new Fault('a', 'b')).toBe(false);
});

test('anything else that is thrown has the code unexpected', () => {
  expect([new Fault('a', 'b'), new Error('c'), 'd', null].map(faultCode)).toEqual([
    'a',
    'unexpected',
    'unexpected',
    'unexpected',
  ]);
});
