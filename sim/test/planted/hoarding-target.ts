import type { Target } from '../../src/fuzz/target.ts';

const held: Uint8Array[] = [];

/** Keeps a kilobyte of everything it ever saw. */
export const target: Target = {
  shape: 'bytes',
  seeds: [Uint8Array.of(1)],
  run: () => held.push(new Uint8Array(1024)) > 0,
};
