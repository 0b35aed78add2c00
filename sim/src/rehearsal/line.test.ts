import { expect, it } from 'vitest';
import { Chance } from './chance.ts';
import { CALM, Line, type LineQuality } from './line.ts';
import { VirtualTime } from './time.ts';
import { Trace } from './trace.ts';

function lineOf(quality: Partial<LineQuality> = {}) {
  const time = new VirtualTime();
  const heard: number[] = [];
  const line = new Line<number>({
    name: 'line',
    time,
    random: new Chance(1).of('line'),
    trace: new Trace(() => time.nowMs()),
    quality: { ...CALM, ...quality },
    deliver: message => heard.push(message),
  });
  return { time, line, heard };
}
const numbers = Array.from({ length: 100 }, (_, i) => i);

it('brings everything once and in order, after a while', async () => {
  const { time, line, heard } = lineOf();
  for (const n of numbers) line.send(n);
  expect(heard).toEqual([]);
  await time.until(time.sleep(10));
  expect(heard).toEqual(numbers);
});

it('loses, doubles and reorders as often as it is told to', async () => {
  const { time, line, heard } = lineOf({ lossRate: 0.2, duplicateRate: 0.2, reorderRate: 0.5 });
  for (const n of numbers) line.send(n);
  await time.until(time.sleep(10));
  const once = new Set(heard);
  expect(once.size).toBeGreaterThan(60);
  expect(once.size).toBeLessThan(100);
  expect(heard.length).toBeGreaterThan(once.size);
  expect(heard).not.toEqual(heard.toSorted((a, b) => a - b));
});

it('when it is cut, loses what is on its way and says so to who sends', async () => {
  const { time, line, heard } = lineOf();
  line.send(1);
  line.set('cut');
  expect(line.send(2)).toBe(false);
  line.set('up');
  expect(line.send(3)).toBe(true);
  await time.until(time.sleep(10));
  expect(heard).toEqual([3]);
});

it('when it is half-open, loses everything and says nothing', async () => {
  const { time, line, heard } = lineOf();
  line.set('half-open');
  expect(line.send(1)).toBe(true);
  await time.until(time.sleep(10));
  expect(heard).toEqual([]);
});
