import { duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { LengthGuard } from './guard.ts';
import { Sessions } from './sessions.ts';

function connection(terminalId: string, serial = '01'): Connection {
  const guard = new LengthGuard({ connectBytes: 4096, packetBytes: 65_536 });
  return new Connection(duplexPair()[0], 'there 1', { terminalId, serial }, guard, () => {});
}

function record() {
  const signals: string[] = [];
  const sessions = new Sessions((terminalId, online) => void signals.push(`${terminalId} ${online}`));
  return { signals, sessions };
}

test('the later connection of a terminal is the one that counts; the earlier is cut and offline', () => {
  const { sessions, signals } = record();
  const [first, second] = [connection('bar-1'), connection('bar-1')];
  sessions.open(first);
  sessions.setOnline(first, true);
  sessions.open(second);
  expect(first.destroyed).toBe(true);
  expect(sessions.isCurrent(second)).toBe(true);
  expect(signals).toEqual(['bar-1 true', 'bar-1 false']);
});

test('what an old connection still says or does changes nothing for the new one', () => {
  const { sessions, signals } = record();
  const [first, second] = [connection('bar-1'), connection('bar-1')];
  sessions.open(first);
  sessions.open(second);
  sessions.setOnline(second, true);
  sessions.setOnline(first, false);
  sessions.end(first);
  expect(sessions.online()).toEqual(['bar-1']);
  expect(signals).toEqual(['bar-1 true']);
});

test('a revocation finds the sessions it concerns', () => {
  const { sessions } = record();
  const [one, two] = [connection('bar-1', '0a'), connection('bar-2', '0b')];
  sessions.open(one);
  sessions.open(two);
  expect(sessions.revoked({ serial: '0B' })).toEqual([two]);
  expect(sessions.revoked({ terminalId: 'bar-1' })).toEqual([one]);
});

test('saying the same twice is signalled once', () => {
  const { sessions, signals } = record();
  const till = connection('bar-1');
  sessions.open(till);
  sessions.setOnline(till, true);
  sessions.setOnline(till, true);
  sessions.end(till);
  sessions.end(till);
  expect(signals).toEqual(['bar-1 true', 'bar-1 false']);
});
