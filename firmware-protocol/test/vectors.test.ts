import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decode } from 'cborg';
import { expect, test } from 'vitest';
import { fromHex } from '../src/bytes.ts';
import { decodeEntry } from '../src/journal/entry.ts';
import { DECLINES } from '../src/purse/decline.ts';
import { VECTORS, vectorText } from '../vectors/generate.ts';
import { entries } from '../vectors/of/journal.ts';
import { purses } from '../vectors/of/purse.ts';
import { settling } from '../vectors/of/settling.ts';
import { KINDS } from './arbitrary-entry.ts';

const folder = new URL('../vectors/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

test.each(Object.entries(VECTORS))('%s is what the code makes', (name, make) => {
  expect(read(name), 'after a change that is meant: node vectors/generate.ts').toBe(vectorText(make));
});

test('every vector file says what it is', () => {
  const names = readdirSync(fileURLToPath(folder)).filter(name => name.endsWith('.json'));
  expect(names).toEqual(expect.arrayContaining(Object.keys(VECTORS)));
  for (const name of names) {
    const { description, source } = JSON.parse(read(name));
    expect(description ?? source, name).toMatch(/\w/);
  }
});

test('there is an entry of every kind, readable as plain CBOR, and each malformed one is rejected at its offset', () => {
  const { entries: all, malformed } = entries();
  const kinds = all.map(({ content }) => decodeEntry(fromHex(content)).kind);
  expect(new Set(kinds)).toEqual(new Set(KINDS));
  for (const { content } of all) expect(decode(fromHex(content), { strict: true })).toHaveLength(7);
  for (const { what, content, offset } of malformed) {
    expect(() => decodeEntry(fromHex(content)), what).toThrow(
      expect.objectContaining({ code: 'cbor-malformed', detail: { offset } }),
    );
  }
});

test('the histories show every status and every kind of case', () => {
  const { histories } = settling();
  const statuses = new Set(histories.flatMap(each => each.statuses.map(({ status }) => status)));
  const cases = new Set(histories.flatMap(each => each.casesOnceComplete.map(({ kind }) => kind)));
  expect(statuses).toEqual(new Set(['pending', 'posted', 'dropped']));
  expect(cases).toEqual(new Set(['fork', 'forgery', 'posted-again']));
});

test('the purses show everything one read of a chip can be', () => {
  const answers = purses().reads.map(answer =>
    'declined' in answer ? answer.declined : `slot ${answer.slot}`,
  );
  expect(new Set(answers)).toEqual(
    new Set([
      'slot 0',
      'slot 1',
      'chip-forged',
      'key-set-unknown',
      'chip-blank',
      'chip-foreign',
      'wrong-event',
    ]),
  );
  for (const answer of answers) expect(answer.startsWith('slot') || answer in DECLINES).toBe(true);
});
