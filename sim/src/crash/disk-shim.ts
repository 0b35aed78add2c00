/** The library that stands between a box and its disk, compiled where it is needed: disk-shim.c says what it does. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'disk-shim.c');

export function hasCompiler(): boolean {
  return process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;
}

export interface DiskShim {
  /** What a process is started with, so that its writes below `dir` are noted. */
  readonly env: Readonly<Record<string, string>>;
  /** What it noted since the last power cut. */
  readonly log: string;
  /** Holds what was unlinked or replaced; on the same file system as `dir`. */
  readonly keep: string;
}

/** @param folder beside `dir`, for the library and its notes. @throws Error what the compiler says */
export function buildDiskShim(folder: string, dir: string): DiskShim {
  const library = join(folder, 'disk-shim.so');
  const [log, keep] = [join(folder, 'disk-log'), join(folder, 'disk-keep')];
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl', '-lpthread']);
  rmSync(keep, { recursive: true, force: true });
  mkdirSync(keep);
  return {
    env: {
      LD_PRELOAD: library,
      PULSERA_DISK_DIR: dir,
      PULSERA_DISK_LOG: log,
      PULSERA_DISK_KEEP: keep,
    },
    log,
    keep,
  };
}
