import { expect, test } from 'vitest';
import { Bar, barLine } from './bar.ts';
import { NO_SEEDS } from './summary.ts';

test('says how far it is, how fast, what was found and how long it takes yet', () => {
  const summary = { ...NO_SEEDS, seeds: 30, taps: { a: 2000, b: 500 }, findings: { crash: 1 } };
  expect(barLine({ summary, share: 0.25, asked: 120, ms: 20_000 })).toBe(
    '[######..................] 30 of 120 seeds, 1.50 seeds/s, 2,500 taps, 1 finding, 1 min 0 s left',
  );
});

test('on a terminal one line is written over again; elsewhere a line comes now and then', () => {
  const shown = (isTTY: boolean) => {
    const texts: string[] = [];
    let ms = 0;
    const bar = new Bar({ isTTY, columns: 5, write: text => texts.push(text) }, () => ms);
    for (; ms <= 20_000; ms += 50) bar.show(() => `at ${ms}`);
    return texts;
  };
  expect(shown(true)).toHaveLength(201);
  expect(shown(true)[1]).toBe('\r\x1b[Kat 1');
  expect(shown(false)).toEqual(['at 10000\n', 'at 20000\n']);
});
