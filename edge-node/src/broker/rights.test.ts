import { TILL_HEARS, TILL_VERBS } from '@pulsera/firmware-protocol/wire/topics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgePublish, mayHear, mayPublish, maySubscribe } from './rights.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/);
const level = fc.oneof(
  id,
  fc.constantFrom('+', '#', '', 'till', 'box', '$SYS', 'result', 'charge', 'reader', 'state'),
);
const topic = fc.oneof(
  fc.array(level, { minLength: 1, maxLength: 6 }).map(levels => levels.join('/')),
  fc
    .tuple(id, fc.constantFrom(...TILL_VERBS, ...TILL_HEARS, '#', '+'))
    .map(([who, leaf]) => `till/${who}/${leaf}`),
  fc.string(),
);

/** MQTT's own matching, written another way: the filter as a regular expression. */
function reaches(filter: string, target: string): boolean {
  const pattern = filter
    .split('/')
    .map(part => (part === '+' ? '[^/]*' : part === '#' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/')
    .replace(/\/\.\*$/, '(/.*)?');
  return new RegExp(`^${pattern}$`).test(target);
}

describe('publishing', () => {
  test('a till may publish on each of its verbs and on its presence', () => {
    for (const leaf of [...TILL_VERBS, 'presence'])
      expect(mayPublish('bar-1', `till/bar-1/${leaf}`)).toBe(true);
  });

  test('whatever a till may publish on lies below its own id', () => {
    fc.assert(
      fc.property(id, topic, (own, any) => {
        if (mayPublish(own, any)) expect(any.startsWith(`till/${own}/`)).toBe(true);
      }),
    );
  });

  test('no till may publish in the name of another', () => {
    fc.assert(
      fc.property(id, id, fc.constantFrom(...TILL_VERBS, 'presence'), (own, other, leaf) => {
        expect(mayPublish(own, `till/${other}/${leaf}`)).toBe(own === other);
      }),
    );
  });

  test.each([
    ['bar-1', 'bar-10'],
    ['bar-10', 'bar-1'],
    ['bar-1', 'bar-1-b'],
  ])('%s may not publish for %s, much as they begin alike', (own, other) => {
    expect(mayPublish(own, `till/${other}/charge`)).toBe(false);
    expect(mayHear(own, `till/${other}/result`)).toBe(false);
    expect(maySubscribe(own, `till/${other}/result`)).toBe(false);
  });

  test.each([
    'till/bar-1/result',
    'till/bar-1/reader/script',
    'box/state',
    '$SYS/x',
    'till/bar-1',
    'till/bar-1/charge/x',
    'till/bar-1/Charge',
    '',
  ])('nor on %j', any => {
    expect(mayPublish('bar-1', any)).toBe(false);
  });

  const plain = { topic: 'till/bar-1/charge', qos: 1, retain: false, payload: '{}' };
  const presence = { topic: 'till/bar-1/presence', qos: 0, retain: true, payload: '{"online":true}' };

  test('a plain request and both presences pass', () => {
    expect(judgePublish('bar-1', plain)).toBeUndefined();
    expect(judgePublish('bar-1', presence)).toBeUndefined();
    expect(judgePublish('bar-1', { ...presence, payload: Buffer.from('{"online":false}') })).toBeUndefined();
  });

  test.each([
    ['forbidden-topic', { ...plain, topic: 'till/bar-2/charge' }],
    ['forbidden-qos', { ...plain, qos: 2 }],
    ['forbidden-retain', { ...plain, retain: true }],
    ['bad-presence', { ...presence, retain: false }],
    ['bad-presence', { ...presence, payload: '{"online": true}' }],
    ['bad-presence', { ...presence, payload: '' }],
    ['bad-presence', { ...presence, payload: '{"online":true}'.padEnd(70_000) }],
  ])('%s: %j', (refusal, publication) => {
    expect(judgePublish('bar-1', publication)).toBe(refusal);
  });
});

describe('subscribing', () => {
  test.each([
    'till/bar-1/result',
    'till/bar-1/reader/state',
    'till/bar-1/reader/script',
    'till/bar-1/prompt',
    'box/state',
    'till/bar-1/#',
    'till/bar-1/+',
    'till/bar-1/reader/+',
    'till/bar-1/+/state',
    'till/bar-1/result/#',
  ])('a till may subscribe to %s', filter => {
    expect(maySubscribe('bar-1', filter)).toBe(true);
  });

  test.each([
    '#',
    '+',
    '+/#',
    'till/#',
    'till/+/result',
    'till/bar-2/result',
    'till/bar-2/#',
    'till/bar-11/result',
    'box/#',
    'box/+',
    '+/state',
    '$SYS/#',
    'till/bar-1',
    'till/bar-1/reslut',
    'till/bar-1/charge',
    'till/bar-1/reader',
    'till/bar-1/#/result',
    '',
  ])('but not to %j', filter => {
    expect(maySubscribe('bar-1', filter)).toBe(false);
  });

  test('a granted filter never reaches what another till says or hears', () => {
    fc.assert(
      fc.property(
        id,
        id,
        topic,
        fc.constantFrom(...TILL_HEARS, ...TILL_VERBS),
        (own, other, filter, leaf) => {
          fc.pre(own !== other);
          if (maySubscribe(own, filter)) expect(reaches(filter, `till/${other}/${leaf}`)).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a granted filter reaches something that the till hears', () => {
    const filters = fc.array(fc.constantFrom('+', '#', 'reader', 'state', 'result', 'charge'), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(id, filters, (own, levels) => {
        const filter = ['till', own, ...levels].join('/');
        const wellFormed = !levels.slice(0, -1).includes('#');
        const reached = TILL_HEARS.some(leaf => reaches(filter, `till/${own}/${leaf}`));
        expect(maySubscribe(own, filter)).toBe(wellFormed && reached);
      }),
      { numRuns: 1000 },
    );
  });
});

test('a till hears its own leaves and the box, not its own requests coming back', () => {
  for (const leaf of TILL_HEARS) expect(mayHear('bar-1', `till/bar-1/${leaf}`)).toBe(true);
  expect(mayHear('bar-1', 'box/state')).toBe(true);
  for (const leaf of [...TILL_VERBS, 'presence']) expect(mayHear('bar-1', `till/bar-1/${leaf}`)).toBe(false);
  expect(mayHear('bar-1', 'till/bar-2/result')).toBe(false);
});
