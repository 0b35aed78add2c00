/** What must be true of the evening itself, beside the audit of its books: each with what was seen. */
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { EveningResult } from './evening.ts';
import type { Guest } from './guest.ts';
import type { Site } from './site.ts';

export interface EveningCheck {
  readonly name: string;
  readonly holds: boolean;
  readonly seen: string;
}

export function checkEvening(
  site: Site,
  { tally, story, unsettledAtClose, walkedAway }: EveningResult,
): readonly EveningCheck[] {
  const { clone, cloud } = story;
  const forks = cloud.cases.filter(({ kind }) => kind === 'fork');
  const strangers = site.guests.filter(
    guest => guest !== clone?.guest && guest.mustVisit === undefined && !agrees(guest),
  );
  return [
    {
      name: 'what the last green screen said is on the wristband',
      holds: strangers.length === 0,
      seen: strangers.length === 0 ? 'all of them' : strangers.map(difference).join(', '),
    },
    {
      name: 'no tap ended in a fault, but where a reader was unplugged',
      holds: [...tally.faults.keys()].every(code => code === 'reader-down'),
      seen: [...tally.faults].map(([code, count]) => `${code} ${count}`).join(', ') || 'none',
    },
    {
      name: 'the copied wristband is a case, and the only one',
      holds: forks.length === 1 && cloud.cases.length === 1,
      seen: cloud.cases.map(({ kind }) => kind).join(', ') || 'no case',
    },
    {
      name: 'both copies were declined afterwards',
      holds: clone?.after.length === 2 && clone.after.every(answer => answer === 'chip-blocked'),
      seen: clone?.after.join(', ') ?? 'never tapped again',
    },
    {
      name: 'every torn tap was settled in the end',
      holds: unsettledAtClose === 0,
      seen: `${walkedAway} walked away, ${unsettledAtClose} still open`,
    },
  ];
}

function onChip({ chip }: Guest): number {
  const { memory } = chip.image();
  const slots = [10, 15].map(page => imageFields(memory.slice(4 * page, 4 * page + 20)));
  const current = slots.reduce((a, b) => (b.counter > a.counter ? b : a));
  return current.balanceMinor + current.bonusMinor;
}

const agrees = (guest: Guest) => onChip(guest) === guest.seenMinor;
const difference = (guest: Guest) =>
  `wristband ${guest.number}: saw ${guest.seenMinor}, holds ${onChip(guest)}`;
