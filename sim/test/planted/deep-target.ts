import type { Target } from '../../src/fuzz/target.ts';
import { decode } from './deep.ts';

export const target: Target = { shape: 'bytes', seeds: [new Uint8Array(12)], run: decode };
