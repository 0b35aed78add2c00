import { expect, test } from 'vitest';
import { commandOf, readOptions } from './options.ts';
import type { Order } from './order.ts';
import { PROFILE_NAMES, profileOf } from './profile.ts';

test.each([
  [[], '--seed: or --seeds, or --minutes'],
  [['--seed', '1', '--seeds', '1..2'], '--seeds: not with --seed'],
  [['--seed', '-1'], '--seed'],
  [['--seed', '1.5'], '--seed: a whole number'],
  [['--seeds', '5..1'], '--seeds: A..B, from the lower to the higher'],
  [['--seeds', '5'], '--seeds: A..B'],
  [['--seeds', '1..9', '--strikes', '3'], '--strikes: only with --seed'],
  [['--seeds', '1..9', '--trace'], '--trace: only with --seed'],
  [['--seed', '1', '--strikes', '3,'], '--strikes: numbers with commas, or none'],
  [['--seed', '1', '--profile', 'calm'], '--profile'],
  [['--seed', '1', '--trace', '--json'], '--json: not with --trace'],
  [['--minutes', '0'], '--minutes'],
  [['--jobs', '0', '--minutes', '1'], '--jobs'],
  [['--seed', '1', '--loud'], "Unknown option '--loud'"],
])('%j is refused, with what is wrong', (args, says) => {
  expect(readOptions(args)).toMatchObject({ problem: expect.stringContaining(says) });
});

test('what is printed to replay a night is read as that night', () => {
  const order: Order = { seed: 12, profile: 'storm', part: { strikes: [4, 9], guests: [], untilMs: 1500 } };
  const command = commandOf(order);
  expect(command).toBe('npm run sim -- --seed 12 --profile storm --strikes 4,9 --guests none --until 1500');
  const { part, profile } = order;
  const read = { options: { from: 12, to: 12, profile, part, shrinks: false } };
  expect(readOptions(command.split(' ').slice(4))).toMatchObject(read);
  expect(commandOf({ seed: 3, profile: 'quiet', part: {} })).toBe('npm run sim -- --seed 3 --profile quiet');
});

test('with minutes alone the seeds begin at 1 and do not end', () => {
  const read = { options: { from: 1, isOpen: true, forMs: 90_000, shrinks: true } };
  expect(readOptions(['--minutes', '1.5'])).toMatchObject(read);
});

test('three seeds in a row play all profiles', () => {
  expect(new Set([7, 8, 9].map(profileOf))).toEqual(new Set(PROFILE_NAMES));
});
