/** Everything that can go wrong, by name: the rates of a setting speak of these. */
import { cloudLine, tillLine } from './lines.ts';
import { powerCut } from './power-cut.ts';
import { readerNoise, readerUnplugged, tornChip, twoChips } from './reader.ts';
import type { Kind } from './strike.ts';
import { terminalCrash } from './terminal-crash.ts';

export type Trouble = keyof typeof KINDS;

/** Strikes are drawn, and numbered, in this order. */
export const KINDS = {
  'torn-chip': tornChip,
  'two-chips': twoChips,
  'reader-noise': readerNoise,
  'reader-unplugged': readerUnplugged,
  'terminal-crash': terminalCrash,
  'power-cut': powerCut,
  'till-line': tillLine,
  'cloud-line': cloudLine,
} as const satisfies Record<string, Kind>;
