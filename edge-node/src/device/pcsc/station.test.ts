import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ReaderSignal } from '@pulsera/firmware-protocol/reader/reader';
import { afterEach, expect, test, vi } from 'vitest';
import { eventLoop } from '../../event-loop.ts';
import { PcscStation, restartPauseMs } from './station.ts';

const PLAYER = fileURLToPath(new URL('../../../test/reader-process.ts', import.meta.url));
const SOON = { timeout: 10_000, interval: 20 };

let station: PcscStation | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await station?.close();
  station = undefined;
});

/** Each start plays the next act; the last one is played again and again. */
function play(...acts: readonly string[]) {
  const children: ChildProcess[] = [];
  const heard: ReaderSignal['kind'][] = [];
  station = new PcscStation({
    log: { info: () => {}, warn: () => {} },
    timers: eventLoop,
    scriptDeadlineMs: 1_000,
    random: () => 0,
    child: () => {
      const act = acts[Math.min(children.length, acts.length - 1)] ?? '';
      const child = fork(PLAYER, [act], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      children.push(child);
      return child;
    },
  });
  const reader = station.claim('Played');
  reader.onSignal(({ kind }) => heard.push(kind));
  station.start();
  return { station, reader, children, heard };
}

test('a script goes to the reader process and back', async () => {
  const { reader } = play('work');
  await vi.waitFor(() => expect(reader.chip()).toBeDefined(), SOON);
  const ack = { bytes: Uint8Array.of(0xa2, 4), expected: { bytes: Uint8Array.of(0x0a) } };
  expect(await reader.run([ack, ack])).toEqual({ answers: [Uint8Array.of(0x0a), Uint8Array.of(0x0a)] });
});

test('a reader that nobody claimed serves nobody, and one claim gets one reader', async () => {
  const { station: seen, reader } = play('work');
  const other = seen.claim('Played');
  await vi.waitFor(() => expect(reader.isUp()).toBe(true), SOON);
  expect(other.isUp()).toBe(false);
  expect(other.downReason()).toBe('not-found');
  expect(seen.state()).toEqual({ kind: 'up', readers: ['Played Reader 00 00'] });
});

test('a process that spins is killed, its reader is down meanwhile, and the next one takes over', async () => {
  const { reader, children, heard } = play('spin', 'work');
  await vi.waitFor(() => expect(reader.chip()).toBeDefined(), SOON);
  expect(children[0]?.killed).toBe(true);
  expect(heard).toEqual(['up', 'down', 'up', 'present']);
});

test('two seconds of silence, by the clock that counts it, and its reader is down', () => {
  vi.useFakeTimers();
  const child = Object.assign(new EventEmitter(), { connected: true, exitCode: 0, kill: () => true });
  const alive = new PcscStation({
    log: { info: () => {}, warn: () => {} },
    timers: eventLoop,
    scriptDeadlineMs: 1_000,
    random: () => 0,
    child: () => child as unknown as ChildProcess,
  });
  const reader = alive.claim('Played');
  alive.start();
  child.emit('message', { kind: 'service-up' });
  child.emit('message', { kind: 'field', reader: 'Played 0', field: { kind: 'up' } });
  // It beats every 400 ms: as long as it does, nothing happens.
  for (let beats = 0; beats < 50; beats++) {
    vi.advanceTimersByTime(400);
    child.emit('message', { kind: 'beat' });
  }
  expect(reader.isUp()).toBe(true);
  // Stuck right after a beat, it is missed at the next one at the earliest.
  vi.advanceTimersByTime(2_000 - 400);
  expect(reader.isUp()).toBe(false);
  expect(reader.downReason()).toBe('driver-crashed');
  void alive.close();
});

test('a process that dies takes its reader down, and is replaced', async () => {
  const { reader, children, heard } = play('work');
  await vi.waitFor(() => expect(reader.chip()).toBeDefined(), SOON);
  children[0]?.kill('SIGKILL');
  await vi.waitFor(() => expect(children).toHaveLength(2), SOON);
  await vi.waitFor(() => expect(reader.chip()).toBeDefined(), SOON);
  expect(heard).toEqual(['up', 'present', 'removed', 'down', 'up', 'present']);
});

test('a script under way when the process dies is stopped by the reader, at once', async () => {
  const { reader, children } = play('work');
  await vi.waitFor(() => expect(reader.chip()).toBeDefined(), SOON);
  children[0]?.kill('SIGSTOP');
  const result = reader.run([{ bytes: Uint8Array.of(0x60), expected: { length: 8 } }]);
  children[0]?.kill('SIGKILL');
  expect(await result).toEqual({ answers: [], stopped: 'reader' });
});

test('a driver that can not be loaded is named, and stays named while nobody cures it', async () => {
  const { station: seen, reader } = play('driver-missing');
  await vi.waitFor(() => expect(reader.downReason()).toBe('driver-missing'), SOON);
  expect(seen.state()).toEqual({ kind: 'driver-missing', message: 'no such module' });
});

test('a process that keeps dying is started again and again, and told as crashed', async () => {
  const { station: seen, children } = play('crash');
  await vi.waitFor(() => expect(children.length).toBeGreaterThan(2), SOON);
  expect(seen.state()).toMatchObject({ kind: 'crashed' });
});

test('the pauses between starts double up to half a minute, so that nothing that is broken burns a core', () => {
  expect([0, 1, 2, 7, 8, 1_000].map(n => restartPauseMs(n, 1))).toEqual([
    200, 400, 800, 25_600, 30_000, 30_000,
  ]);
  expect(restartPauseMs(0, 0)).toBe(100);
});

test('a process that talks nonsense is replaced', async () => {
  const { reader, children } = play('babble', 'work');
  await vi.waitFor(() => expect(reader.isUp()).toBe(true), SOON);
  expect(children).toHaveLength(2);
});

test('closing leaves no process behind', async () => {
  const { station: seen, children } = play('spin');
  await vi.waitFor(() => expect(seen.state().kind).toBe('up'), SOON);
  await seen.close();
  expect(children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)).toBe(true);
});
