/** One night, drawn beforehand as plain data: what people want and what goes wrong. Whatever else happens follows from it. */
import type { Chance } from './chance.ts';
import type { Setting } from './setting.ts';
import { drawStrikes } from './trouble/draw.ts';
import type { Strike } from './trouble/strike.ts';
import { crowdEvening, usualHabits } from './workload/crowd.ts';
import type { Intent } from './workload/intent.ts';

export interface Night {
  readonly intents: readonly Intent[];
  readonly strikes: readonly Strike[];
  readonly eveningMs: number;
}

/** Which part of a night is played; what is not named is kept whole. */
export interface Kept {
  /** By their numbers. */
  readonly strikes?: ReadonlySet<number>;
  /** From 0. */
  readonly guests?: ReadonlySet<number>;
  /** The evening ends then at the latest, since the doors opened. */
  readonly untilMs?: number;
}

export const drawNight = (chance: Chance, setting: Setting): Night => ({
  intents: crowdEvening(name => chance.of(name), setting.guests, usualHabits(setting.eveningMs)),
  strikes: drawStrikes(chance, setting),
  eveningMs: setting.eveningMs,
});

export function narrowed({ intents, strikes, eveningMs }: Night, kept: Kept): Night {
  const endMs = Math.min(eveningMs, kept.untilMs ?? eveningMs);
  const isIn = ({ atMs }: { readonly atMs: number }) => atMs < endMs;
  return {
    intents: intents.filter(intent => isIn(intent) && (kept.guests?.has(intent.guest) ?? true)),
    strikes: strikes.filter(strike => isIn(strike) && (kept.strikes?.has(strike.number) ?? true)),
    eveningMs: endMs,
  };
}
