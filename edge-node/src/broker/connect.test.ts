import { expect, test } from 'vitest';
import { judgeConnect } from './connect.ts';

const will = { topic: 'till/bar-1/presence', payload: Buffer.from('{"online":false}'), qos: 1, retain: true };
const good = { protocolVersion: 4, clientId: 'bar-1', clean: true, keepalive: 10, will };

test('a till that introduces itself properly is let in, with or without a will', () => {
  expect(judgeConnect('bar-1', good, 60)).toBeUndefined();
  expect(judgeConnect('bar-1', { ...good, will: undefined }, 60)).toBeUndefined();
});

test.each([
  ['wrong-protocol', { ...good, protocolVersion: 3 }],
  ['wrong-protocol', { ...good, protocolVersion: 5 }],
  ['wrong-client-id', { ...good, clientId: 'bar-2' }],
  ['wrong-client-id', { ...good, clientId: '' }],
  ['session-not-clean', { ...good, clean: false }],
  ['bad-keepalive', { ...good, keepalive: 0 }],
  ['bad-keepalive', { ...good, keepalive: 61 }],
  ['bad-will', { ...good, will: { ...will, topic: 'till/bar-2/presence' } }],
  ['bad-will', { ...good, will: { ...will, topic: 'till/bar-1/charge' } }],
  ['bad-will', { ...good, will: { ...will, payload: Buffer.from('{"online":true}') } }],
  ['bad-will', { ...good, will: { ...will, retain: false } }],
  ['bad-will', { ...good, will: { ...will, qos: 2 } }],
])('%s: %j', (refusal, connect) => {
  expect(judgeConnect('bar-1', connect, 60)).toBe(refusal);
});
