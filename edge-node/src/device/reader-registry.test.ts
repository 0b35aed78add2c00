import type { TillId } from '@pulsera/firmware-protocol/ids';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { beforeEach, expect, test } from 'vitest';
import { eventLoop } from '../event-loop.ts';
import { ReaderRegistry } from './reader-registry.ts';

const BAR = 'bar-1' as TillId;
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

let told: unknown[];
let registry: ReaderRegistry;
beforeEach(() => {
  told = [];
  registry = new ReaderRegistry({
    publishState: (till, { state, reason }) => told.push([till, state, reason]),
    sendScript: () => true,
    timers: eventLoop,
    boot: 1,
  });
});

test('a till hears when its reader at the box goes down, and when it is back', async () => {
  const reader = new VirtualReader({ name: 'left', clock: jumpingClock() });
  registry.assign(BAR, reader);
  reader.unplug('cable');
  await reader.plug();
  expect(told).toEqual([
    [BAR, 'up', null],
    [BAR, 'down', 'cable'],
    [BAR, 'up', null],
  ]);
});

test('a till with no reader at the box is served by the one behind it', () => {
  expect(registry.readerOf(BAR).isUp()).toBe(false);
  expect(registry.heard(BAR, 'reader/field', bytes({ kind: 'up' }))).toBe(true);
  expect(registry.readerOf(BAR)).toMatchObject({ via: 'terminal' });
  expect(told).toEqual([
    [BAR, 'none', 'no-reader'],
    [BAR, 'up', null],
  ]);
});

test('a till that goes takes the reader behind it along', () => {
  registry.heard(BAR, 'reader/field', bytes({ kind: 'present', uid: '04a1b2c3d4e5f6', presence: 1 }));
  registry.tillPresence(BAR, false);
  expect(registry.readerOf(BAR).isUp()).toBe(false);
  expect(told.at(-1)).toEqual([BAR, 'down', 'terminal-gone']);
});

test('what a till answers to a script of the box’s last life is no answer in this one', async () => {
  const step = { bytes: Uint8Array.of(0x30, 4), expected: { length: 16 } };
  const ask = async (boot: number) => {
    const sent: ReaderScript[] = [];
    const box = new ReaderRegistry({
      publishState: () => {},
      sendScript: (_, script) => sent.push(script) > 0,
      timers: eventLoop,
      boot,
    });
    box.heard(BAR, 'reader/field', bytes({ kind: 'present', uid: '04a1b2c3d4e5f6', presence: 1 }));
    const result = box.readerOf(BAR).run([step]);
    await Promise.resolve();
    const answer = (of: ReaderScript | undefined, byte: string) =>
      box.heard(
        BAR,
        'reader/answer',
        bytes({ script: of?.script, answers: [byte.repeat(16)], stopped: null }),
      );
    return { asked: sent[0], result, answer, close: () => box.close() };
  };
  const before = await ask(1);
  const now = await ask(2);
  expect(now.answer(before.asked, '11')).toBe(true);
  now.answer(now.asked, '22');
  expect((await now.result).answers).toEqual([new Uint8Array(16).fill(0x22)]);
  await before.close();
});

test('a till with a reader at the box can not speak for it', () => {
  const reader = new VirtualReader({ name: 'left', clock: jumpingClock() });
  registry.assign(BAR, reader);
  registry.heard(BAR, 'reader/field', bytes({ kind: 'present', uid: '04a1b2c3d4e5f6', presence: 1 }));
  expect(registry.readerOf(BAR).chip()).toBeUndefined();
});

test.each([
  ['no JSON', new Uint8Array([0xff])],
  ['an unknown field', bytes({ kind: 'up', extra: 1 })],
  ['a UID of another length', bytes({ kind: 'present', uid: '04a1b2c3', presence: 1 })],
])('%s is refused', (_, payload) => {
  expect(registry.heard(BAR, 'reader/field', payload)).toBe(false);
  expect(registry.readerOf(BAR).isUp()).toBe(false);
});
