import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getVersion } from '@pulsera/firmware-protocol/chip/ntag21x/commands';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectTill, enrolByHand, type Given, startSample } from '../test/box-sample.ts';
import { scratch } from '../test/journal-sample.ts';
import type { Box } from './box.ts';

const BAR = 'bar-1' as TillId;
const VIRTUAL = { kind: 'virtual', name: 'left', till: BAR };

let place: ReturnType<typeof scratch>;
let dataDir: string;
let box: Box | undefined;
beforeEach(() => {
  place = scratch();
  dataDir = join(place.dir, 'box');
  enrolByHand(dataDir);
});
afterEach(async () => {
  await box?.close();
  box = undefined;
  place.remove();
});

async function start(given?: Given): Promise<Box> {
  box = await startSample(dataDir, given);
  return box;
}

const health = async (running: Box) => {
  const response = await fetch(`http://127.0.0.1:${running.healthPort}/health`);
  return { status: response.status, body: await response.json() };
};

test('a box with no cloud and no plan runs, and says what it lacks', async () => {
  const { status, body } = await health(await start());
  expect(status).toBe(503);
  expect(body).toMatchObject({
    status: 'down',
    problems: ['no-plan', 'cut-off'],
    box: 3,
    event: 7,
    keys: 'unwrapped',
  });
});

test('its figures can be scraped, and nothing else is served', async () => {
  const { healthPort } = await start();
  const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  expect(metrics).toMatch(/^pulsera_journal_has_room 1$/m);
  expect(metrics).toMatch(/^pulsera_plan_version 0$/m);
  expect((await fetch(`http://127.0.0.1:${healthPort}/vault`)).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${healthPort}/health`, { method: 'POST' })).status).toBe(405);
});

test('a virtual reader that nobody holds is refused, or money would come from nowhere', async () => {
  await expect(start({ readers: [VIRTUAL] })).rejects.toMatchObject({ code: 'virtual-reader-refused' });
});

test('a start that fails leaves nothing behind: the next one succeeds', async () => {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(start({ healthPort: port })).rejects.toMatchObject({ code: 'health-port-taken' });
  await new Promise(resolve => other.close(resolve));
  await start({ healthPort: port });
});

test('a till hears how the reader at its box is, at once and when that changes', async () => {
  const reader = new VirtualReader({ name: 'left', clock: jumpingClock() });
  const running = await start({ readers: [VIRTUAL], virtualReaders: new Map([[BAR, reader]]) });
  const { client, heard } = await connectTill(running, BAR);
  await vi.waitFor(() => expect(heard.get('till/bar-1/reader/state')).toMatchObject({ state: 'up' }));
  reader.unplug('cable');
  await vi.waitFor(() =>
    expect(heard.get('till/bar-1/reader/state')).toEqual({ state: 'down', name: 'left', reason: 'cable' }),
  );
  expect(running.health().problems).toContain('reader-down');
  await client.endAsync(true);
});

test('scripts reach a reader behind a till, and its answers come back', async () => {
  const running = await start();
  const { client, heard } = await connectTill(running, BAR);
  const say = (leaf: string, message: object) =>
    client.publishAsync(`till/bar-1/${leaf}`, JSON.stringify(message));
  await say('reader/field', { kind: 'present', uid: '04a1b2c3d4e5f6', presence: 5 });
  const reader = running.readers.readerOf(BAR);
  await vi.waitFor(() => expect(reader.chip()).toMatchObject({ uid: '04a1b2c3d4e5f6' }));
  const result = reader.run([getVersion()]);
  await vi.waitFor(() => expect(heard.get('till/bar-1/reader/script')).toMatchObject({ presence: 5 }));
  const { script } = heard.get('till/bar-1/reader/script') as ReaderScript;
  await say('reader/answer', { script, answers: ['0004040201000f03'], stopped: null });
  expect((await result).stopped).toBeUndefined();
  client.end(true);
  await vi.waitFor(() => expect(reader.isUp()).toBe(false));
});

test('a revoked terminal is cut, and stays out after a restart', async () => {
  const running = await start();
  const access = await running.issueTerminal(BAR);
  const { client } = await connectTill(running, BAR);
  const closed = new Promise<void>(resolve => client.once('close', () => resolve()));
  running.revoke({ terminalId: BAR });
  await closed;
  client.end(true);
  await running.close();
  const again = await start();
  await expect(connectTill({ ...again, issueTerminal: async () => access }, BAR)).rejects.toThrow();
});

test('what a box journaled is there after a restart, under the same authority', async () => {
  const first = await start();
  const { ca } = await first.issueTerminal(BAR);
  const entry = { code: 'sample', till: null, message: 'before the restart' };
  await first.journal.append([{ kind: 'fault', body: entry }]);
  await first.close();
  const second = await start();
  expect(second.journal.lastSeq).toBe(first.journal.lastSeq);
  expect((await second.issueTerminal(BAR)).ca).toBe(ca);
  expect(second.journal.boot).toBe(2);
});
