import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { expect, test } from 'vitest';
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

test('the auditor stands alone: of the project, it takes nothing but what a fault is', () => {
  const sources = readdirSync(import.meta.dirname).filter(name => !name.endsWith('.test.ts'));
  const imports = sources.flatMap(name => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    return [...text.matchAll(/from '([^']+)'/g)].map(([, from = '']) => from);
  });
  const others = new Set(imports.filter(from => !from.startsWith('node:') && !/^\.\/[a-z]+\.ts$/.test(from)));
  expect(others).toEqual(new Set(['@pulsera/firmware-protocol/fault', 'cborg']));
});
