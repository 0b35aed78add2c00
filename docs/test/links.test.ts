import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter(path => path !== '' && existsSync(join(ROOT, path)))
  .map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const withoutCode = (text: string) => text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');

/** As GitHub makes them: lower case, letters, digits and hyphens. */
function anchors(text: string): Set<string> {
  const headings = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** One line per link that leads nowhere. */
function deadLinks(path: string, text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links
    .filter(target => !/^[a-z]+:/.test(target))
    .flatMap(target => {
      const [file = '', anchor] = target.split('#');
      const full = file === '' ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
      if (relative(ROOT, full).startsWith('..') || !existsSync(full)) return [`${path}: ${target}`];
      if (anchor === undefined || statSync(full).isDirectory()) return [];
      return anchors(readFileSync(full, 'utf8')).has(anchor) ? [] : [`${path}: ${target}`];
    });
}

test('every link between pages leads somewhere', () => {
  expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/errors.md']));
  expect(pages.flatMap(({ path, text }) => deadLinks(path, text))).toEqual([]);
});

test('a link that leads nowhere is seen', () => {
  const text =
    '[a](none.md), [b](wire.md#the-chip), [c](wire.md#the-fish), `[d](code.md)`, [e](https://example.com)';
  expect(deadLinks('docs/errors.md', text)).toEqual([
    'docs/errors.md: none.md',
    'docs/errors.md: wire.md#the-fish',
  ]);
});

test('every npm script that a page names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/npm run ([a-z:-]+)/g)].map(([, name = '']) => ({ path, name })),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ name }) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('every file that a page names by its path is there', () => {
  const named = pages.flatMap(({ path, text }) =>
    [
      ...text.matchAll(
        /(?<![\w./-])((?:firmware-protocol|edge-node|cloud-api|provisioning|sim|docs|scripts)\/[\w./-]*\w)(?![\w*/…])/g,
      ),
    ].map(([, name = '']) => ({ path, name })),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ name }) => !existsSync(join(ROOT, name)))).toEqual([]);
});

test('the settings that operations.md lists are those that box and cloud know', () => {
  const source = ['edge-node/src/config.ts', 'edge-node/src/cli/settings.ts', 'cloud-api/src/config.ts']
    .map(path => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n');
  const names = (text: string) =>
    [...new Set(text.match(/\bPULSERA_(?:EDGE|CLOUD)_[A-Z_]*[A-Z]\b/g))].toSorted();
  const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  expect(names(page)).toEqual(names(source));
});
