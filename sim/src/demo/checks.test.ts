import { DECLINES, type DeclineReason } from '@pulsera/firmware-protocol/purse/decline';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import { expect, test } from 'vitest';
import { checkEvening } from './checks.ts';
import { Tally } from './tally.ts';

const HONEST = /no honest guest was told/;

/** A good evening's end, but for these refusals. */
function honestCheck(tell: (tally: Tally) => void) {
  const tally = new Tally();
  tell(tally);
  const story = { lines: [], cloud: { cases: [], height: 0 }, clone: undefined };
  const checks = checkEvening(
    { guests: [] },
    { tally, story, walkedAway: 0, unsettledAtClose: 0, isLevel: true },
  );
  return checks.find(({ name }) => HONEST.test(name));
}

const declinedFor = (reason: DeclineReason): TapResult => ({
  tapId: 'x' as never,
  outcome: 'declined',
  reason,
  message: DECLINES[reason],
  figures: {},
  balanceMinor: null,
  bonusMinor: null,
});

test.each(['chip-forged', 'image-forked', 'image-stale', 'chip-blocked'] as const)(
  'an honest guest who is told %s fails the evening, and is named',
  reason => {
    expect(honestCheck(tally => tally.record(declinedFor(reason), 12))).toMatchObject({
      holds: false,
      seen: `wristband 12: ${reason}`,
    });
  },
);

test('the copied wristband may be told so, and an honest guest that there is not enough on it', () => {
  const check = honestCheck(tally => {
    tally.record(declinedFor('image-forked'));
    tally.record(declinedFor('chip-blocked'));
    tally.record(declinedFor('insufficient-balance'), 12);
    tally.record(declinedFor('charge-cap'), 13);
  });
  expect(check).toMatchObject({ holds: true, seen: 'nobody' });
});
