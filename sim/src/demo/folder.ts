/** Where a demo keeps its data: a folder of its own, left behind for the audit, and cleared away by the next demo. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = 'demo-';

/** @param state usually `.pulsera`. @returns an empty folder that no other running demo uses. */
export function demoFolder(state: string, pid: number): string {
  mkdirSync(state, { recursive: true });
  for (const name of readdirSync(state)) {
    if (name.startsWith(PREFIX) && !isRunning(Number(name.slice(PREFIX.length)))) {
      rmSync(join(state, name), { recursive: true, force: true });
    }
  }
  const folder = join(state, `${PREFIX}${pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return folder;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
