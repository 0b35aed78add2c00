import { expect, test } from 'vitest';
import { Bar, progressText } from './bar.ts';
import { NO_SEEDS } from './summary.ts';

test('says how far it is, how fast, what was found and how long it takes yet', () => {
  const summary = { ...NO_SEEDS, seeds: 30, taps: { a: 2000, b: 500 }, findings: { crash: 1 } };
  expect(progressText({ summary, share: 0.25, asked: 120, ms: 20_000 })).toBe(
    '30 of 120 seeds, 1.50/s, 2,500 taps, 1 finding, 1 min 0 s left',
  );
});

test('on a terminal one line is written over again; elsewhere a line comes now and then', () => {
  const shown = (isTTY: boolean, columns: number) => {
    const texts: string[] = [];
    let ms = 0;
    const bar = new Bar({ isTTY, columns, write: text => texts.push(text) }, () => ms);
    for (; ms <= 20_000; ms += 50) bar.show(ms / 20_000, () => `at ${ms} ms`);
    return texts;
  };
  expect(shown(true, 80)).toHaveLength(201);
  expect(shown(true, 80)[100]).toBe(`\r\x1b[K[${'#'.repeat(12)}${'.'.repeat(12)}] at 10000 ms`);
  // The bar makes room for the words.
  expect(shown(true, 23)[100]).toBe('\r\x1b[K[####....] at 10000 ms');
  expect(shown(false, 0)).toEqual([
    `[${'#'.repeat(12)}${'.'.repeat(12)}] at 10000 ms\n`,
    `[${'#'.repeat(24)}] at 20000 ms\n`,
  ]);
});
