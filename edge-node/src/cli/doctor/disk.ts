/** Is there room, and how long does a commit take? Every green screen waits for one. */
import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import { bytes, type Disk, fail, pass, warn } from './look.ts';

const NAME = 'disk';
/** A busy day of one box is some hundred megabytes. */
const ENOUGH_BYTES = 2e9;
const LEAST_BYTES = 200e6;
/** Beyond this guests feel it; beyond that the box can't keep up with its tills. */
const SLOW_MS = 20;
const USELESS_MS = 200;
const BLOCK_BYTES = 4096;
const TIMES = 9;

export function checkDisk(folder: string, disk: Disk): Check {
  try {
    return judge(folder, disk.freeBytes(folder), disk.syncMs(folder));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOSPC') return fail(NAME, 'full', freeUp(folder));
    return fail(
      NAME,
      `${folder} can't be written (${code})`,
      `Make ${folder} a folder that this user may write in.`,
    );
  }
}

const freeUp = (folder: string) =>
  `Free ${bytes(ENOUGH_BYTES)} on the disk of ${folder}: nothing is sold on a full disk.`;

/** Pure: free bytes, and milliseconds of one write to disk. */
export function judge(folder: string, freeBytes: number, syncMs: number): Check {
  const found = `${bytes(freeBytes)} free, a write is safe after ${syncMs.toFixed(1)} ms`;
  if (freeBytes < LEAST_BYTES) {
    return fail(NAME, found, freeUp(folder));
  }
  if (syncMs > USELESS_MS) {
    return fail(NAME, found, `Put ${folder} on a disk of its own, an SSD: every tap waits for this one.`);
  }
  if (freeBytes < ENOUGH_BYTES)
    return warn(NAME, found, `Free ${bytes(ENOUGH_BYTES)} on the disk of ${folder}.`);
  if (syncMs > SLOW_MS)
    return warn(NAME, found, `Put ${folder} on an SSD, or find out what else writes to this disk.`);
  return pass(NAME, found);
}

export const realDisk = (monoMs: () => number): Disk => ({
  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },
  syncMs(folder) {
    const path = join(folder, '.doctor');
    const file = openSync(path, 'w', 0o600);
    try {
      const times = Array.from({ length: TIMES }, (_, i) => {
        const startedMs = monoMs();
        writeSync(file, Buffer.alloc(BLOCK_BYTES, i + 1), 0, BLOCK_BYTES, i * BLOCK_BYTES);
        fdatasyncSync(file);
        return monoMs() - startedMs;
      });
      return times.toSorted((a, b) => a - b)[TIMES >> 1] ?? 0;
    } finally {
      closeSync(file);
      rmSync(path, { force: true });
    }
  },
});
