import { expect, test } from 'vitest';
import { frame, Screen, type View } from './screen.ts';
import { Tally } from './tally.ts';

function view(change: Partial<View> = {}): View {
  const tally = new Tally();
  tally.record({
    tapId: 'x' as never,
    outcome: 'approved',
    amountMinor: 1,
    loadedMinor: 0,
    balanceMinor: 2,
    bonusMinor: 0,
  });
  tally.record({
    tapId: 'y' as never,
    outcome: 'declined',
    reason: 'chip-blocked',
    message: '',
    figures: {},
    balanceMinor: null,
    bonusMinor: null,
  });
  tally.time(38.25);
  return {
    title: 'demo',
    phase: 'the first rounds',
    elapsedMs: 15_000,
    totalMs: 30_000,
    tally,
    airMs: 34.3,
    boxes: [{ name: 'box 1', height: 1200, checkpoint: 1000, isCut: true }],
    cloudHeight: 7,
    openCases: ['fork'],
    story: ['00:01  something happened'],
    ...change,
  };
}

test('one frame shows progress, taps, declines by reason, tap time beside the air, how far behind each box is, cases and story', () => {
  const text = frame(view(), 120).join('\n');
  for (const part of [
    '[███████████████░░░░░░░░░░░░░░░]  00:15 of 00:30  the first rounds',
    'approved 1   declined 1',
    'chip-blocked 1',
    'p50 38.3 ms   p99 38.3 ms   air alone 34.3 ms',
    'journal 1,200   cloud holds 1,000   behind 200   cable cut',
    'journal 7   cases fork',
    'something happened',
  ]) {
    expect(text).toContain(part);
  }
});

test('no line is wider than the terminal', () => {
  for (const line of frame(view({ story: ['x'.repeat(500)] }), 60))
    expect(line.length).toBeLessThanOrEqual(60);
});

test('a terminal is repainted in place', () => {
  const written: string[] = [];
  const screen = new Screen({ isTTY: true, columns: 100, write: text => written.push(text) });
  screen.show(view());
  screen.show(view());
  expect(written[1]?.startsWith(`\u001b[${frame(view(), 99).length}A`)).toBe(true);
});

test('elsewhere each line of the story is printed once, plainly', () => {
  const written: string[] = [];
  const screen = new Screen({ write: text => written.push(text) });
  screen.show(view());
  screen.show(view({ story: ['00:01  something happened', '00:02  and then this'] }));
  expect(written).toEqual(['00:01  something happened\n', '00:02  and then this\n']);
});
