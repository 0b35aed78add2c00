import { spawnSync } from 'node:child_process';
import { createWriteStream, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunksOf, exported, smallEvent } from '../../test/small-event.ts';
import { readArchive, readItems } from './archive.ts';
import { audit } from './audit.ts';
import { report } from './report.ts';

test('an event with a bit of everything holds, whatever the archive is cut into', async () => {
  const { event, places } = smallEvent();
  const items = exported(event, places);
  for (const chunkBytes of [1, 37, 100_000]) {
    const result = await audit(readItems(chunksOf(items, chunkBytes)), true);
    expect(report(result)).toContain('Everything holds.');
    expect(result.findings.holds).toBe(true);
  }
});

test('an archive is read from its file', async () => {
  const { event, places } = smallEvent();
  const folder = await mkdtemp(join(tmpdir(), 'audit-'));
  try {
    const path = join(folder, 'event.cbor.gz');
    await pipeline(Readable.from(chunksOf(exported(event, places))), createGzip(), createWriteStream(path));
    const result = await audit(readArchive(path));
    expect(result).toMatchObject({ event: { event: 7, name: 'Small event' } });
    expect(result.findings.holds).toBe(true);
    await expect(audit(readArchive(join(folder, 'none')))).rejects.toMatchObject({
      code: 'archive-unreadable',
    });
    await expect(audit(readArchive(import.meta.filename))).rejects.toMatchObject({
      code: 'archive-unreadable',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a file that did not arrive as it left', () => {
  let folder: string;
  let whole: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-'));
    const { event, places } = smallEvent();
    whole = gzipSync(await buffer(chunksOf(exported(event, places))));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };

  test.each<[string, () => Uint8Array, string]>([
    ['ends early', () => whole.subarray(0, whole.length >> 1), 'the file ends too early'],
    ['lacks its last byte', () => whole.subarray(0, -1), 'the file ends too early'],
    ['is empty', () => new Uint8Array(0), 'the file ends too early'],
    ['has another checksum', () => flipped(whole.length - 6), 'compressed bytes were changed'],
    ['has another byte in the middle', () => flipped(whole.length >> 1), ''],
  ])('an archive that %s is called malformed, not missing', async (_, bytes, says) => {
    const path = join(folder, 'event.cbor.gz');
    writeFileSync(path, bytes());
    await expect(audit(readArchive(path))).rejects.toMatchObject({
      code: 'archive-malformed',
      message: expect.stringContaining(says),
    });
  });
});

describe('the command', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' });

  test.each(['--help', '-h'])('%s is answered on standard output', flag => {
    expect(run(flag)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^usage: npm run audit/) });
  });

  test.each([
    [[], 'Give the path of an archive.'],
    [['a', 'b'], 'b is too much.'],
    [['--clsoed', 'a'], "Unknown option '--clsoed'"],
  ])('%j is refused, with what is wrong', (args, says) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`arguments-invalid: ${says}`);
    expect(stderr).toContain('usage: npm run audit');
  });
});

test('the auditor stands alone: of the project, it takes nothing but what a fault is', () => {
  const sources = readdirSync(import.meta.dirname).filter(name => !name.endsWith('.test.ts'));
  const imports = sources.flatMap(name => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    return [...text.matchAll(/from '([^']+)'/g)].map(([, from = '']) => from);
  });
  const others = new Set(imports.filter(from => !from.startsWith('node:') && !/^\.\/[a-z]+\.ts$/.test(from)));
  expect(others).toEqual(new Set(['@pulsera/firmware-protocol/fault', 'cborg']));
});
