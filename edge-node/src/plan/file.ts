/** The signed plan as a file: there whole or not at all, whenever the power goes. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PlanPlace } from './place.ts';

/** @param file its path; the folder exists. */
export function planFile(file: string): PlanPlace {
  const fresh = `${file}.new`;
  return {
    name: file,
    read() {
      try {
        return new Uint8Array(readFileSync(file));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    prepare(signed) {
      const fd = openSync(fresh, 'w', 0o600);
      try {
        for (let at = 0; at < signed.length; ) at += writeSync(fd, signed, at);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return () => {
        renameSync(fresh, file);
        syncFolder(dirname(file));
      };
    },
  };
}

/** The name is in the folder, so the folder has to reach the disk too. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
