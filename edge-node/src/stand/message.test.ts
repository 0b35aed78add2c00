import { TillRequest, TillResult } from '@pulsera/firmware-protocol/wire/till';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { requestNo, tapNo } from '../../test/bar-sample.ts';
import { readMessage } from './message.ts';

const leaf = fc.constantFrom(...Object.keys(TillRequest), 'reader/answer', 'toString', '__proto__', '');
const encode = (text: string) => new TextEncoder().encode(text);

it('whatever bytes come, there is a request or an answer that a till can read', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(encode),
    fc
      .record({
        tapId: fc.constantFrom(tapNo(1), 'x', 7),
        requestId: fc.constantFrom(requestNo(1), null, ''),
      })
      .map(fields => encode(JSON.stringify(fields))),
  );
  fc.assert(
    fc.property(leaf, bytes, (on, payload) => {
      const read = readMessage(on, payload);
      if (read.kind === 'refused') expect(TillResult.parse(read.answer).outcome).toBe('fault');
    }),
  );
});

it('the request is named by its own id, or by its tap, or by neither', () => {
  const named = (json: unknown) => {
    const read = readMessage('charge', encode(JSON.stringify(json)));
    return read.kind === 'refused' && 'requestId' in read.answer ? read.answer.requestId : read;
  };
  expect(named({ requestId: requestNo(1), tapId: tapNo(1) })).toBe(requestNo(1));
  expect(named({ tapId: 'tap-1' })).toBeNull();
  expect(named([tapNo(1)])).toBeNull();
  expect(named(null)).toBeNull();
  expect(named({ tapId: tapNo(1) })).toMatchObject({ answer: { tapId: tapNo(1) } });
});

it('names no more than a handful of problems', () => {
  const lines = Array.from({ length: 90 }, () => ({ product: 'X', quantity: -1 }));
  const read = readMessage('quote', encode(JSON.stringify({ requestId: requestNo(1), lines })));
  const answer = read.kind === 'refused' ? read.answer : undefined;
  expect(answer).toMatchObject({ requestId: requestNo(1), code: 'message-invalid' });
  expect(answer && 'message' in answer ? answer.message.length : 0).toBeLessThanOrEqual(500);
});
