import { expect, it } from 'vitest';
import { Queue } from './queue.ts';
import { VirtualTime } from './time.ts';

it('serves one at a time, in the order they came', async () => {
  const time = new VirtualTime();
  const queue = new Queue(time);
  const seen: string[] = [];
  const come = (name: string) =>
    queue.served(60_000, async () => {
      seen.push(`${name} is served`);
      await time.sleep(1_000);
      seen.push(`${name} is done`);
    });
  const all = Promise.all(['ann', 'bob', 'cid'].map(come));
  expect(queue.length).toBe(3);
  expect(await time.until(all)).toEqual([true, true, true]);
  expect(seen).toEqual(['ann', 'bob', 'cid'].flatMap(name => [`${name} is served`, `${name} is done`]));
  expect([queue.length, time.nowMs()]).toEqual([0, 3_000]);
});

it('is left by who is fed up, and goes on behind that one', async () => {
  const time = new VirtualTime();
  const queue = new Queue(time);
  const served: string[] = [];
  const come = (name: string, staysMs: number) =>
    queue.served(staysMs, async () => {
      served.push(name);
      await time.sleep(1_000);
    });
  const all = Promise.all([come('ann', 1), come('bob', 900), come('cid', 1_100)]);
  expect(await time.until(all)).toEqual([true, false, true]);
  expect(served).toEqual(['ann', 'cid']);
});

it('goes on when something fails at its head', async () => {
  const time = new VirtualTime();
  const queue = new Queue(time);
  const failing = queue.served(1, () => Promise.reject(new Error('dropped a glass')));
  const next = queue.served(1, () => Promise.resolve());
  await expect(time.until(failing)).rejects.toThrow('dropped a glass');
  expect(await time.until(next)).toBe(true);
});
