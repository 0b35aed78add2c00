import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { twins } from '../../test/twins.ts';

const seen = twins();

const read = (file: string) => (name: string) =>
  existsSync(join(name, file)) ? readFileSync(join(name, file), 'utf8') : null;

test('what was synced stays, and what came after it is there or not', () => {
  const script = `const f = fs.openSync('old', 'r+'); fs.writeSync(f, 'OLD', 0); fs.fsyncSync(f); fs.writeSync(f, 'CONTENT', 4);`;
  expect(seen(script, read('old'))).toEqual(new Set(['OLD content', 'OLD CONTENT']));
});

test('a file that grew is as long as it was, or longer', () => {
  const script = `const f = fs.openSync('old', 'a'); fs.writeSync(f, ' and more');`;
  const lengths = seen(script, name => read('old')(name)?.length);
  expect([...lengths].toSorted()).toEqual([11, 20]);
});

test('a file that was shortened may have its end back, or its length and nothing there', () => {
  const emptied = 'old'.padEnd(11, '\0');
  const found = seen(`fs.truncateSync('old', 3);`, read('old'));
  expect(found).toEqual(new Set(['old content', 'old', ...(found.has(emptied) ? [emptied] : [])]));
});

const NEW = `const f = fs.openSync('new', 'w'); fs.writeSync(f, 'new'); fs.fsyncSync(f);`;

test('a new name is safe when its folder was synced', () => {
  expect(seen(NEW, read('new'))).toEqual(new Set([null, 'new']));
  expect(seen(`${NEW} fs.fsyncSync(fs.openSync('.', 'r'));`, read('new'))).toEqual(new Set(['new']));
});

test('a file replaced by renaming is the old one or the new one', () => {
  expect(seen(`${NEW} fs.renameSync('new', 'old');`, read('old'))).toEqual(new Set(['old content', 'new']));
});

test('a file that was removed may be back', () => {
  expect(seen(`fs.unlinkSync('other');`, read('other'))).toEqual(new Set(['other content', null]));
});
