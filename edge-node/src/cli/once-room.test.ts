import { Fault } from '@pulsera/firmware-protocol/fault';
import { beforeEach, expect, test } from 'vitest';
import { eventLoop } from '../event-loop.ts';
import { onceThereIsRoom } from './once-room.ts';

const full = () => new Fault('disk-full', 'Free space.');
let logged: { readonly data: object; readonly text: string }[];
let stop: AbortController;
beforeEach(() => {
  logged = [];
  stop = new AbortController();
});

/** Fails with these, one after the other, then succeeds. */
const start = (...errors: readonly unknown[]) => {
  const left = [...errors];
  const attempt = async () => {
    if (left.length > 0) throw left.shift();
    return 'up';
  };
  const error = (data: object, text: string) => void logged.push({ data, text });
  return onceThereIsRoom(attempt, { log: { error }, signal: stop.signal, timers: eventLoop, everyMs: 1 });
};

test('a box that finds its disk full starts as soon as there is room, and has said so once', async () => {
  const noInode = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  expect(await start(full(), noInode, full())).toBe('up');
  expect(logged).toEqual([
    {
      data: { code: 'disk-full' },
      text: expect.stringContaining('starts by itself as soon as there is some'),
    },
  ]);
});

test('a box that can start says nothing', async () => {
  expect(await start()).toBe('up');
  expect(logged).toEqual([]);
});

test('everything else ends the start, also after a wait', async () => {
  await expect(start(full(), new Fault('journal-in-use', 'Stop the other.'))).rejects.toMatchObject({
    code: 'journal-in-use',
  });
});

test('whoever is told to stop while it waits stops', async () => {
  const waiting = start(...Array.from({ length: 10_000 }, full));
  stop.abort();
  expect(await waiting).toBeUndefined();
});
