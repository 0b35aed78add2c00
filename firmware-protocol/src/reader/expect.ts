/** Whether an answer is what its step asked for: one rule for every reader. */
import { equalBytes } from '../bytes.ts';
import type { Expected } from './reader.ts';

export function isExpected(expected: Expected, answer: Uint8Array): boolean {
  return 'bytes' in expected ? equalBytes(expected.bytes, answer) : answer.length === expected.length;
}
