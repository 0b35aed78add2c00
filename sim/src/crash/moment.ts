/** When a box is killed, and what it was at. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { Stage } from '../real/reader-till.ts';
import type { JournalWork } from './journal-work.ts';

export type Aim =
  /** Before it is up. */
  | { readonly kind: 'starting'; readonly afterMs: number }
  | { readonly kind: 'any'; readonly afterMs: number }
  /** When something has happened so many times at the tills, and a little later. */
  | { readonly kind: Stage; readonly times: number; readonly afterMs: number }
  /** When every till rests. */
  | { readonly kind: 'idle' };

/** What a box was at when it died; the first that holds. */
export const MOMENTS = [
  'starting',
  'checkpointing',
  'committing',
  'chip-write',
  'between-commits',
  'waiting',
  'idle',
] as const;
export type Moment = (typeof MOMENTS)[number];

const KINDS: readonly Aim['kind'][] = [
  'any',
  'any',
  'asked',
  'asked',
  'asked',
  'writing',
  'writing',
  'written',
  'written',
  'starting',
  'idle',
];
const ANY_MS = 500;
const TIMES = 30;
/** About as long as what comes next takes. */
const AFTER_MS: Readonly<Record<Stage, number>> = { asked: 60, writing: 30, written: 8 };

/** @param startMs how long it took to start before */
export function drawAim(random: Random, startMs: number): Aim {
  const kind = KINDS[random.below(KINDS.length)] ?? 'any';
  switch (kind) {
    case 'starting':
      return { kind, afterMs: random.below(Math.max(1, Math.round(startMs))) };
    case 'any':
      return { kind, afterMs: random.below(ANY_MS) };
    case 'idle':
      return { kind };
    default:
      return { kind, times: 1 + random.below(TIMES), afterMs: random.below(AFTER_MS[kind]) };
  }
}

export interface Death {
  readonly wasUp: boolean;
  readonly work: JournalWork;
  /** A script that writes to a wristband was under way at some till. */
  readonly isWriting: boolean;
  /** Taps that were asked for and not answered. */
  readonly open: readonly string[];
}

/** @param isJournaled of a tap, when the disk could be read again */
export function momentOf(death: Death, isJournaled: (tapId: string) => boolean): Moment {
  if (!death.wasUp) return 'starting';
  if (death.work !== 'nothing') return death.work;
  if (death.isWriting) return 'chip-write';
  if (death.open.some(isJournaled)) return 'between-commits';
  return death.open.length > 0 ? 'waiting' : 'idle';
}
