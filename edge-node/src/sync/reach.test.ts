import { Fault } from '@pulsera/firmware-protocol/fault';
import { beforeEach, describe, expect, it } from 'vitest';
import { Reach } from './reach.ts';

let nowMs: number;
let changes: (number | null)[];
let reach: Reach;
beforeEach(() => {
  nowMs = 1000;
  changes = [];
  reach = new Reach(
    () => nowMs,
    () => void changes.push(reach.cutOffSinceMs),
  );
});

const { signal } = new AbortController();
const answered = () => reach.of(Promise.resolve('yes'), signal);
const failed = (error: unknown, by = signal) => reach.of(Promise.reject(error), by).catch(() => undefined);
const fault = (code: string) => new Fault(code, 'Try again.');

describe('a box', () => {
  it('is cut off until the cloud has answered for the first time', async () => {
    expect(reach.cutOffSinceMs).toBe(1000);
    expect(await answered()).toBe('yes');
    expect(reach.cutOffSinceMs).toBeNull();
    expect(changes).toEqual([null]);
  });

  it.each([
    ['nobody is there', fault('cloud-unreachable')],
    ['something else answers', fault('cloud-answer-invalid')],
    ['the cloud has lost its database: it can take nothing in', fault('database-unavailable')],
    ['the cloud fails', fault('unexpected')],
    ['anything else is thrown', new Error('socket hang up')],
  ])('is cut off from the first time on that %s', async (_, error) => {
    await answered();
    nowMs = 2000;
    await failed(error);
    nowMs = 3000;
    await failed(error);
    expect(reach.cutOffSinceMs).toBe(2000);
    expect(changes).toEqual([null, 2000]);
  });

  it.each(['journal-gap', 'box-revoked', 'session-expired'])(
    'is not cut off by %s: that is an answer',
    async code => {
      await failed(fault(code));
      expect(reach.cutOffSinceMs).toBeNull();
    },
  );

  it('learns nothing from what it gave up itself', async () => {
    await answered();
    await failed(fault('cloud-unreachable'), AbortSignal.abort());
    expect(reach.cutOffSinceMs).toBeNull();
  });
});
