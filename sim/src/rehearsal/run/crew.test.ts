import { afterEach, expect, test } from 'vitest';
import { Crew } from './crew.ts';
import type { Order, Report } from './order.ts';
import { playSeeds } from './seeds.ts';

const PLAYER = new URL('../../../test/planted/player.ts', import.meta.url);
const order = (seed: number): Order => ({ seed, profile: 'storm', part: {} });

let crew: Crew;
const hire = (jobs: number, hangMs = 60_000) => {
  crew = new Crew({ jobs, player: PLAYER, hangMs });
  return crew;
};
afterEach(() => crew.dismiss());

test('plays so many side by side, each process one after the other', async () => {
  const { play } = hire(2);
  const reports = await Promise.all([1, 2, 3, 4, 5, 6].map(seed => play.call(crew, order(seed))));
  expect(reports.map(report => report?.hash)).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(new Set(reports.map(report => report?.virtualMs)).size).toBe(2);
});

test('a process that dies is a finding of its seed, with its last words, and another takes its place', async () => {
  hire(1);
  const [dead, next] = await Promise.all([crew.play(order(13)), crew.play(order(1))]);
  expect(dead?.findings).toMatchObject([
    { check: 'crash', what: expect.stringMatching(/ended with exit code 3\. dropped the ball/) },
  ]);
  expect(dead?.order.seed).toBe(13);
  expect(next).toMatchObject({ hash: '1', findings: [] });
});

test.each([
  ['never comes to an end of a line of code', 17],
  ['has nothing left that moves time', 18],
])('an evening that %s is ended, and is a finding of its seed', async (_, seed) => {
  hire(1, 2000);
  const [hung, next] = await Promise.all([crew.play(order(seed)), crew.play(order(1))]);
  expect(hung?.findings).toMatchObject([{ check: 'hang', what: expect.stringContaining('for 2 s') }]);
  expect(next).toMatchObject({ hash: '1', findings: [] });
});

test('sent home, nobody is waited for', async () => {
  hire(1);
  const playing = Promise.all([crew.play(order(18)), crew.play(order(1))]);
  crew.dismiss();
  expect(await playing).toEqual([undefined, undefined]);
  expect(await crew.play(order(1))).toBeUndefined();
});

test('what came of seeds is told in their order, whichever was done first', async () => {
  const done = new Map<number, (report: Report | undefined) => void>();
  const told: number[] = [];
  const all = playSeeds(
    {
      from: 5,
      to: 8,
      jobs: 2,
      isOver: () => false,
      play: seed => new Promise(resolve => done.set(seed, resolve)),
    },
    report => told.push(report.order.seed),
  );
  const report = (seed: number) => ({ order: order(seed) }) as Report;
  for (const seed of [6, 7, 5, 8]) {
    done.get(seed)?.(report(seed));
    await new Promise(setImmediate);
    expect(told).toEqual({ 6: [], 7: [], 5: [5, 6, 7], 8: [5, 6, 7, 8] }[seed]);
  }
  await all;
});
