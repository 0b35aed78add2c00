/** What must be true of the evening itself, beside the audit of its books: each with what was seen. */
import type { DeclineReason } from '@pulsera/firmware-protocol/purse/decline';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { EveningResult } from './evening.ts';
import type { Guest } from './guest.ts';
import type { Site } from './site.ts';

export interface EveningCheck {
  readonly name: string;
  readonly holds: boolean;
  readonly seen: string;
}

const NAMED_MOST = 8;

/** Says that something is wrong with the wristband itself: no honest guest may be told so, however often a tap was torn. */
const ACCUSES: ReadonlySet<DeclineReason> = new Set([
  'chip-foreign',
  'chip-blank',
  'wrong-event',
  'key-set-unknown',
  'chip-forged',
  'chip-blocked',
  'chip-replaced',
  'image-stale',
  'image-forked',
  'counter-exhausted',
]);

export function checkEvening(
  site: Pick<Site, 'guests'>,
  { tally, story, unsettledAtClose, walkedAway, isLevel }: Omit<EveningResult, 'airMs'>,
): readonly EveningCheck[] {
  const { clone, cloud } = story;
  const forks = cloud.cases.filter(({ kind }) => kind === 'fork');
  const strangers = site.guests.filter(
    guest => guest !== clone?.guest && guest.mustVisit === undefined && !agrees(guest),
  );
  const accused = tally.refusals.filter(({ reason }) => ACCUSES.has(reason));
  return [
    {
      name: 'what the last green screen said is on the wristband',
      holds: strangers.length === 0,
      seen: named(strangers.map(difference)) || 'all of them',
    },
    {
      name: 'no tap ended in a fault, but where a reader was unplugged',
      holds: [...tally.faults.keys()].every(code => code === 'reader-down'),
      seen: [...tally.faults].map(([code, count]) => `${code} ${count}`).join(', ') || 'none',
    },
    {
      name: 'no honest guest was told that the wristband is forged, forked, stale or blocked',
      holds: accused.length === 0,
      seen: named(accused.map(({ guest, reason }) => `wristband ${guest}: ${reason}`)) || 'nobody',
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
    {
      name: 'every journal came to the cloud, and the cloud’s to every box',
      holds: isLevel,
      seen: isLevel ? 'level' : 'not within a minute',
    },
  ];
}

/** The first few; a thousand more say nothing new. */
function named(wristbands: readonly string[]): string {
  const more = wristbands.length > NAMED_MOST ? [`and ${wristbands.length - NAMED_MOST} more`] : [];
  return [...wristbands.slice(0, NAMED_MOST), ...more].join(', ');
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
