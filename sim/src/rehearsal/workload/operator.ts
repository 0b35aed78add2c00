/** Operators: their shifts, and what goes wrong under their fingers. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { Line } from './intent.ts';

/** What an operator types for one wish of a guest, in this order. */
export type Stroke =
  | {
      readonly key: 'charge';
      readonly lines: readonly Line[];
      /** The same request, sent twice under the same ids: a button pressed twice. */
      readonly isTwice: boolean;
    }
  /** Undoes the charge before it, if that one went through. */
  | { readonly key: 'reverse-that' };

export interface Mistakes {
  /** Per charge, 0 to 1. */
  readonly doublePress: number;
  readonly wrongAmount: number;
  /** Per shift. */
  readonly leftOpen: number;
  readonly miscounted: number;
}

export const MISTAKES: Mistakes = { doublePress: 0.08, wrongAmount: 0.06, leftOpen: 0.15, miscounted: 0.2 };

/** All is drawn whatever comes of it, so that another rate changes no other draw. */
export function ring(
  random: Random,
  lines: readonly Line[],
  { doublePress, wrongAmount }: Mistakes,
): readonly Stroke[] {
  const [isTwice, isWrong] = [random.chance(doublePress), random.chance(wrongAmount)];
  const slip = 1 + random.below(MOST_TOO_MANY);
  const right: Stroke = { key: 'charge', lines, isTwice };
  if (!isWrong) return [right];
  const [first, ...others] = lines;
  if (!first) return [right];
  const wrong = [{ ...first, quantity: first.quantity + slip }, ...others];
  return [{ key: 'charge', lines: wrong, isTwice: false }, { key: 'reverse-that' }, right];
}
const MOST_TOO_MANY = 3;

/** The same till may be opened again by the next operator. */
export interface Shift {
  readonly till: string;
  readonly operator: string;
  readonly opensMs: number;
  readonly floatMinor: number;
  /** Null: forgotten, and still open when the lights go out. */
  readonly closesMs: number | null;
  /** What the drawer is counted wrong by. */
  readonly miscountMinor: number;
}

/** Of all tills. @param chance as for `crowdEvening` */
export function eveningShifts(
  chance: (name: string) => Random,
  tills: readonly string[],
  operators: readonly string[],
  eveningMs: number,
): readonly Shift[] {
  return tills.flatMap(till => shiftsOf(chance(`${till} shifts`), till, operators, eveningMs, MISTAKES));
}

/** A till's shifts, one behind the other, over the whole evening. */
export function shiftsOf(
  random: Random,
  till: string,
  operators: readonly string[],
  eveningMs: number,
  { leftOpen, miscounted }: Mistakes,
): readonly Shift[] {
  if (operators.length === 0) throw new RangeError('Somebody has to stand at the till.');
  const count = 1 + random.below(MOST_SHIFTS);
  return Array.from({ length: count }, (_, i) => {
    const [isLeft, isMiscounted] = [random.chance(leftOpen), random.chance(miscounted)];
    const differenceMinor = random.below(2 * MOST_OFF_MINOR + 1) - MOST_OFF_MINOR;
    const [opensMs, closesMs] = [i, i + 1].map(at => Math.floor((at * eveningMs) / count));
    return {
      till,
      operator: operators[random.below(operators.length)] ?? '',
      opensMs: opensMs ?? 0,
      floatMinor: FLOAT_MINOR,
      closesMs: isLeft ? null : (closesMs ?? eveningMs),
      miscountMinor: isMiscounted ? differenceMinor : 0,
    };
  });
}
const MOST_SHIFTS = 3;
const FLOAT_MINOR = 20_000;
const MOST_OFF_MINOR = 1_000;
