/** Everybody's evening together, in the order of time. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { guestEvening, type Habits } from './guest.ts';
import type { Intent } from './intent.ts';

/** What is usual, in an evening of any length: eight visits to a bar or so each. */
export const usualHabits = (eveningMs: number): Habits => ({
  eveningMs,
  gapMs: eveningMs / 20,
  paysOnline: 0.4,
  losesWristband: 0.25,
  isFound: 0.6,
  cashesOut: 0.6,
  looks: 0.06,
  complains: 0.08,
});

/** @param chance a stream of its own for each name, so that one guest more leaves all others as they were */
export function crowdEvening(
  chance: (name: string) => Random,
  guests: number,
  habits: Habits,
): readonly Intent[] {
  const all = Array.from({ length: guests }, (_, guest) =>
    guestEvening(chance(`guest ${guest}`), guest, habits),
  );
  return all.flat().sort((a, b) => a.atMs - b.atMs || a.guest - b.guest);
}
