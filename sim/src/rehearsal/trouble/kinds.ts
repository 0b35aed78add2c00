/** Everything that can go wrong, by name: the rates of a setting speak of these. */
import { clonedChip } from '../attackers/cloned-chip.ts';
import { crookedBox } from '../attackers/crooked-box.ts';
import { editedChip } from '../attackers/edited-chip.ts';
import { lyingTerminal } from '../attackers/lying-terminal.ts';
import { replayedBatch } from '../attackers/replayed-batch.ts';
import { rolledBackChip } from '../attackers/rolled-back-chip.ts';
import { stolenTill } from '../attackers/stolen-till.ts';
import { bitRot } from './bit-rot.ts';
import { clockWrong } from './clock-wrong.ts';
import { cloudRestart, databaseAway } from './cloud.ts';
import { diskFull, diskPutBack } from './disk.ts';
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
  'disk-full': diskFull,
  'bit-rot': bitRot,
  'disk-put-back': diskPutBack,
  'clock-wrong': clockWrong,
  'till-line': tillLine,
  'cloud-line': cloudLine,
  'cloud-restart': cloudRestart,
  'database-away': databaseAway,
  'cloned-chip': clonedChip,
  'rolled-back-chip': rolledBackChip,
  'edited-chip': editedChip,
  'replayed-batch': replayedBatch,
  'lying-terminal': lyingTerminal,
  'stolen-till': stolenTill,
  'crooked-box': crookedBox,
} as const satisfies Record<string, Kind>;
