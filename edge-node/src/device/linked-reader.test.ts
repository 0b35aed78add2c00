import { getVersion } from '@pulsera/firmware-protocol/chip/ntag21x/commands';
import type { ReaderSignal } from '@pulsera/firmware-protocol/reader/reader';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import {
  type ReaderAnswer,
  ReaderField,
  type ReaderScript,
} from '@pulsera/firmware-protocol/wire/reader-link';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { linkedReaders } from '../../test/linked-readers.ts';
import { eventLoop } from '../event-loop.ts';
import { LinkedReader } from './linked-reader.ts';

const UID = '04a1b2c3d4e5f6';
const VERSION = '0004040201000f03';
let sent: ReaderScript[];
let heard: ReaderSignal[];
let reader: LinkedReader;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  heard = [];
  reader = new LinkedReader({
    name: 'till 1',
    via: 'terminal',
    deadlineMs: 1_500,
    timers: eventLoop,
    reason: 'never-seen',
    send: script => {
      sent.push(script);
      return true;
    },
  });
  reader.onSignal(signal => heard.push(signal));
});
afterEach(() => void vi.useRealTimers());

function hold(presence: number): void {
  reader.sensed(ReaderField.parse({ kind: 'present', uid: UID, presence }));
}

async function answerLast(answers: string[], stopped: ReaderAnswer['stopped'] = null): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  reader.answered({ script: sent.at(-1)?.script ?? -1, answers, stopped });
}

test('is down until its far end is heard of', async () => {
  expect(reader.isUp()).toBe(false);
  expect(await reader.run([getVersion()])).toEqual({ answers: [], stopped: 'reader' });
  reader.sensed({ kind: 'up' });
  expect(heard).toEqual([{ kind: 'up' }]);
});

test('gives up a script at its deadline, and takes the late answer for nobody', async () => {
  hold(1);
  const first = reader.run([getVersion()]);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(await first).toEqual({ answers: [], stopped: 'reader' });
  const late = sent[0]?.script ?? -1;
  const second = reader.run([getVersion()]);
  await vi.advanceTimersByTimeAsync(0);
  reader.answered({ script: late, answers: ['ff'], stopped: null });
  await answerLast([VERSION]);
  expect((await second).stopped).toBeUndefined();
});

test('a lost far end stops the script under way, empties the field and says why it is down', async () => {
  hold(1);
  const result = reader.run([getVersion()]);
  await vi.advanceTimersByTimeAsync(0);
  reader.lost('terminal-gone');
  expect(await result).toEqual({ answers: [], stopped: 'reader' });
  expect(heard.map(({ kind }) => kind)).toEqual(['up', 'present', 'removed', 'down']);
  expect(reader.downReason()).toBe('terminal-gone');
});

test('a far end that counts presences anew is still a new presence here', () => {
  hold(7);
  reader.lost('terminal-gone');
  hold(7);
  expect(reader.chip()).toEqual({ uid: UID, presence: 2 });
});

test('the same presence told twice is one presence', () => {
  hold(7);
  hold(7);
  expect(heard.filter(({ kind }) => kind === 'present')).toHaveLength(1);
});

test('a script waits its turn for the chip it was meant for, and is not run for the next one', async () => {
  hold(1);
  const first = reader.run([getVersion()]);
  const second = reader.run([getVersion()]);
  await vi.advanceTimersByTimeAsync(0);
  hold(2);
  await answerLast([], 'removed');
  await first;
  expect(await second).toEqual({ answers: [], stopped: 'removed' });
  expect(sent).toHaveLength(1);
});

test('the far end runs nothing for a presence that has been replaced', async () => {
  vi.useRealTimers();
  const { far, near, server } = linkedReaders();
  await far.present(new VirtualChip(UID));
  await vi.waitFor(() => expect(near.chip()).toBeDefined());
  // The chip is swapped while the script is on its way.
  const other = new VirtualChip('04112233445566');
  const result = near.run([{ bytes: Uint8Array.of(0xa2, 6, 1, 2, 3, 4), expected: { length: 1 } }]);
  await far.remove();
  await far.present(other);
  expect(await result).toEqual({ answers: [], stopped: 'removed' });
  expect(other.image().memory.slice(24, 28)).toEqual(new Uint8Array(4));
  server.close();
});

test.each([
  ['claims that all went well, with an answer that does not fit', ['00'], null, 'mismatch', 1],
  ['claims that all went well, with an answer missing', [], null, 'reader', 0],
  ['claims a mismatch where everything fits', [VERSION], 'mismatch', undefined, 1],
  ['has more answers than there were steps', [VERSION, VERSION], null, 'reader', 0],
] as const)('a far end that %s is not believed', async (_, answers, stopped, expected, kept) => {
  hold(1);
  const result = reader.run([getVersion()]);
  await answerLast([...answers], stopped);
  expect((await result).stopped).toBe(expected);
  expect((await result).answers).toHaveLength(kept);
});
