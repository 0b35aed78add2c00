import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VirtualTime } from './time.ts';

it('brings events in the order of their time, and of their making where that is the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), async delays => {
      const time = new VirtualTime();
      const seen: string[] = [];
      for (const [i, ms] of delays.entries()) time.after(ms, () => seen.push(`${time.nowMs()} ${i}`));
      await time.until(time.sleep(6));
      const expected = delays.map((ms, i) => ({ ms, i })).sort((a, b) => a.ms - b.ms || a.i - b.i);
      expect(seen).toEqual(expected.map(({ ms, i }) => `${ms} ${i}`));
    }),
    { numRuns: 50 },
  );
});

it('runs every promise job between two events, and what is soon behind what is due', async () => {
  const time = new VirtualTime();
  const seen: string[] = [];
  time.after(5, () => {
    seen.push('first');
    time.soon(() => seen.push('soon'));
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => seen.push('job'));
  });
  time.after(5, () => seen.push('second'));
  await time.until(time.sleep(5.5));
  expect(seen).toEqual(['first', 'job', 'second', 'soon']);
  expect(time.nowMs()).toBe(5.5);
});

it('forgets what was called off', async () => {
  const time = new VirtualTime();
  let rang = false;
  time.after(1, () => {
    rang = true;
  })();
  await time.until(time.sleep(2));
  expect(rang).toBe(false);
});

it('fails with what goes wrong beside, with what never comes, and with what takes too long', async () => {
  const time = new VirtualTime();
  await expect(time.until(new Promise(() => {}))).rejects.toThrow('Nothing is left');
  await expect(time.until(time.sleep(10), 9)).rejects.toThrow('longer than 9 ms');
  time.beside(time.sleep(1).then(() => Promise.reject(new Error('beside'))));
  await expect(time.until(time.sleep(5))).rejects.toThrow('beside');
});
