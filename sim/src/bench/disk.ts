/** Floors that a disk sets: how often a second this one makes some bytes durable. */
import { chmodSync, closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one bench, gone when the bench is over. Others may pass through: PostgreSQL runs as somebody else. */
export function scratch(name: string, opened: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), `pulsera-bench-${name}-`));
  chmodSync(folder, 0o755);
  opened.defer(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Appends `bytes` and waits for the disk, over and over. @returns times a second */
export function fdatasyncRate(folder: string, bytes: number, times: number): number {
  const file = openSync(join(folder, 'floor'), 'w');
  const block = new Uint8Array(bytes).fill(0x5a);
  try {
    const start = performance.now();
    for (let i = 0; i < times; i++) {
      writeSync(file, block, 0, bytes, i * bytes);
      fdatasyncSync(file);
    }
    return (times * 1000) / (performance.now() - start);
  } finally {
    closeSync(file);
  }
}
