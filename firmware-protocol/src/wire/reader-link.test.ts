import { expect, test } from 'vitest';
import { ReaderAnswer, ReaderField, ReaderScript } from './reader-link.ts';

const step = { bytes: '3a0427', expected: { length: 64 } };
const script = { script: 0, presence: 3, steps: [step, { bytes: 'a2', expected: { bytes: '0a' } }] };

test('a script names its presence, its commands and what each must answer', () => {
  expect(ReaderScript.parse(script)).toEqual(script);
  for (const broken of [
    { ...script, presence: undefined },
    { ...script, steps: [] },
    { ...script, steps: Array.from({ length: 65 }, () => step) },
    { ...script, steps: [{ ...step, bytes: '3A' }] },
    { ...script, steps: [{ ...step, bytes: '3' }] },
    { ...script, steps: [{ ...step, bytes: '00'.repeat(129) }] },
    { ...script, steps: [{ ...step, expected: {} }] },
    { ...script, steps: [{ ...step, expected: { length: 1, bytes: '00' } }] },
    { ...script, steps: [{ ...step, expected: { length: 129 } }] },
    { ...script, key: 'ff' },
  ]) {
    expect(ReaderScript.safeParse(broken).success, JSON.stringify(broken)).toBe(false);
  }
});

test('an answer brings what was heard, and why it stopped', () => {
  const answer = { script: 1, answers: ['00'.repeat(64), '0a'], stopped: null };
  expect(ReaderAnswer.parse(answer)).toEqual(answer);
  for (const stopped of ['mismatch', 'removed', 'reader']) {
    expect(ReaderAnswer.safeParse({ ...answer, stopped }).success).toBe(true);
  }
  expect(ReaderAnswer.safeParse({ ...answer, stopped: 'tired' }).success).toBe(false);
  expect(ReaderAnswer.safeParse({ ...answer, answers: ['zz'] }).success).toBe(false);
});

test('a field holds a chip by its 7-byte UID, nothing, or something we cannot use', () => {
  for (const field of [
    { kind: 'present', uid: '04112233445566', presence: 1 },
    { kind: 'removed' },
    { kind: 'unsupported', reason: 'several-chips' },
    { kind: 'up' },
    { kind: 'down', reason: 'unplugged' },
  ]) {
    expect(ReaderField.parse(field)).toEqual(field);
  }
  for (const field of [
    { kind: 'present', uid: '04112233', presence: 1 },
    { kind: 'present', uid: '04112233445566' },
    { kind: 'removed', uid: '04112233445566' },
    { kind: 'down', reason: 'x'.repeat(201) },
    { kind: 'gone' },
  ]) {
    expect(ReaderField.safeParse(field).success, JSON.stringify(field)).toBe(false);
  }
});
