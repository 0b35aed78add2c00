import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterPowerCut, type DataRecord, SECTOR_BYTES, undone } from './torn-file.ts';

interface Step {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Of a truncation: the new length. */
  readonly cutTo: number | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  offset: fc.nat(3000),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 1500 }),
  cutTo: fc.option(fc.nat(3000), { nil: undefined, freq: 4 }),
});

/** What a file system does, and what the shim notes of it. */
function written(start: Uint8Array, steps: readonly Step[]) {
  let held = start;
  const records: DataRecord[] = [];
  const versions = [held];
  for (const { offset, bytes, cutTo } of steps) {
    const at = cutTo ?? offset;
    const old = cutTo === undefined ? held.slice(offset, offset + bytes.length) : held.slice(cutTo);
    const length = cutTo === undefined ? bytes.length : old.length;
    records.push({ kind: 'data', inode: 1, offset: at, length, size: held.length, old });
    const next = new Uint8Array(cutTo ?? Math.max(held.length, offset + bytes.length));
    next.set(held.subarray(0, next.length));
    if (cutTo === undefined) next.set(bytes, offset);
    held = next;
    versions.push(held);
  }
  return { held, records, versions };
}

test('the writes undone leave the file as it was before them, after any of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2500 }), fc.array(step, { maxLength: 8 }), (start, steps) => {
      const { held, records, versions } = written(start, steps);
      for (const [i, version] of versions.entries()) expect(undone(held, records.slice(i))).toEqual(version);
    }),
  );
});

test('after a power cut each sector is one that the file had since it was synced, and nothing else has changed', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2500 }),
      fc.array(step, { maxLength: 8 }),
      fc.nat(),
      (start, steps, seed) => {
        const { held, records, versions } = written(start, steps);
        const { content } = afterPowerCut(held, records, seededRandom(seed));
        expect(versions.map(({ length }) => length)).toContain(content.length);
        for (let at = 0; at < content.length; at += SECTOR_BYTES) {
          const sector = content.slice(at, at + SECTOR_BYTES);
          const had = versions.map(version => sectorOf(version, at, sector.length));
          expect(had).toContainEqual(sector);
        }
      },
    ),
  );
});

test('a file that was synced loses nothing', () => {
  const held = Uint8Array.of(1, 2, 3);
  for (let seed = 0; seed < 50; seed++) {
    expect(afterPowerCut(held, [], seededRandom(seed)).content).toEqual(held);
  }
});

/** What a version that is shorter never had is nothing. */
function sectorOf(version: Uint8Array, at: number, length: number): Uint8Array {
  const sector = new Uint8Array(length);
  sector.set(version.slice(at, at + length));
  return sector;
}
