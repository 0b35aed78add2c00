import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTillTopic, TILL_HEARS, TILL_VERBS, tillTopic } from './topics.ts';

const tillId = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/);

test('every till topic comes apart into the till and the leaf it was made of', () => {
  fc.assert(
    fc.property(tillId, fc.constantFrom(...TILL_VERBS, ...TILL_HEARS, 'presence'), (id, leaf) => {
      expect(parseTillTopic(tillTopic(id, leaf))).toEqual({ tillId: id, leaf });
    }),
  );
});

test.each([
  '',
  'till',
  'till/',
  'till//quote',
  'till/bar-1',
  'till/bar-1/',
  'box/state',
  '$SYS/x/y',
  'Till/a/b',
])('%j is no till topic', topic => {
  expect(parseTillTopic(topic)).toBeUndefined();
});

test('no leaf is both asked on and heard, so a till never hears itself', () => {
  const heard: readonly string[] = TILL_HEARS;
  expect(TILL_VERBS.filter(verb => heard.includes(verb))).toEqual([]);
});
