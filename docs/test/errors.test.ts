import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DECLINES } from '@pulsera/firmware-protocol/purse/decline';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { faultCodes } from './fault-codes.ts';
import { isTest } from './rooms.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PAGE = read('docs/errors.md');

/** The cells of all tables below a heading, row by row; the first is a code. */
function rows(heading: string): string[][] {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `([a-z0-9-]+)`\s*\|(.*)\|$/gm)].map(([, code = '', rest = '']) => [
    code,
    ...rest.split('|').map(cell => cell.trim()),
  ]);
}

const listed = (heading: string) => rows(heading).map(([code = '']) => code);

function sources() {
  const files = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*/src/*.ts'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return files
    .split('\n')
    .filter(path => path !== '' && !isTest(path) && existsSync(join(ROOT, path)))
    .map(path => ({ path, text: read(path) }));
}

/** Words of a union of string literals, `type NAME = 'a' | 'b' | Other`. */
function unionWords(path: string, name: string): string[] {
  const words: string[] = [];
  ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true).forEachChild(node => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== name) return;
    const members = ts.isUnionTypeNode(node.type) ? [...node.type.types] : [node.type];
    for (const member of members) {
      if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal)) words.push(member.literal.text);
    }
  });
  return words;
}

/** Keys and values of `export const NAME = { … }`. */
function tableOf(path: string, name: string): [string, string][] {
  const pairs: [string, string][] = [];
  ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true).forEachChild(node => {
    if (!ts.isVariableStatement(node)) return;
    for (const { name: declared, initializer } of node.declarationList.declarations) {
      if (declared.getText() !== name || initializer === undefined) continue;
      const object = ts.isAsExpression(initializer) ? initializer.expression : initializer;
      if (!ts.isObjectLiteralExpression(object)) continue;
      for (const property of object.properties) {
        if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) continue;
        pairs.push([property.name.text, property.initializer.getText()]);
      }
    }
  });
  return pairs;
}

test('every fault that the code can make is explained, and no other', () => {
  const { codes, unseen } = faultCodes(sources());
  expect(unseen).toEqual([]);
  expect(codes.size).toBeGreaterThan(100);
  expect(listed('Faults').toSorted()).toEqual([...codes].toSorted());
});

test.each([
  [`new Fault('disk-full', 'Free space.')`, ['disk-full'], []],
  [`throw new Fault(\n  'disk-full',\n  message)`, ['disk-full'], []],
  [`return { kind: 'failed', code: 'unexpected', message }`, ['unexpected'], []],
  [`new Fault(code, message)`, [], ['any/src/file.ts: code']],
  [`new Fault(isFull ? 'disk-full' : 'disk-slow', message)`, ['disk-full', 'disk-slow'], []],
  [`new Fault(code ?? 'disk-slow', message)`, ['disk-slow'], [`any/src/file.ts: code ?? 'disk-slow'`]],
])('%s is seen', (text, codes, unseen) => {
  expect(faultCodes([{ path: 'any/src/file.ts', text }])).toEqual({ codes: new Set(codes), unseen });
});

test('a fault of the HTTP API is listed with its status', () => {
  const statuses = tableOf('cloud-api/src/http/fault-status.ts', 'FAULT_STATUS');
  expect(statuses.length).toBeGreaterThan(30);
  const told = new Map(rows('Faults').map(cells => [cells[0], cells.at(-1)]));
  expect(statuses.map(([code]) => [code, told.get(code)])).toEqual(statuses);
});

test('every decline is explained in its order of precedence, with the words the operator reads', () => {
  expect(rows('Declines').map(([reason, words]) => [reason, words])).toEqual(Object.entries(DECLINES));
});

test('every way in which the broker says no is explained, and no other', () => {
  const refusals = (
    [
      ['handshake', 'HandshakeRefusal'],
      ['waiting-room', 'WaitingRefusal'],
      ['guard', 'GuardRefusal'],
      ['connect', 'ConnectRefusal'],
      ['rights', 'PublishRefusal'],
      ['refusals', 'Refusal'],
    ] as const
  ).map(([file, name]) => unionWords(`edge-node/src/broker/${file}.ts`, name));
  for (const words of refusals) expect(words).not.toEqual([]);
  expect(listed('Refused connections').toSorted()).toEqual(refusals.flat().toSorted());
});

test('every kind of case is explained, and no other', () => {
  const kinds = tableOf('cloud-api/src/ledger/case.ts', 'CASE_KINDS').map(([kind]) => kind);
  expect(kinds).not.toEqual([]);
  expect(listed('Cases')).toEqual(kinds);
});
