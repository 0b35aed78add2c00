/** What a box's journal is at just now, as it can be seen from outside. */
import { readFileSync, statSync } from 'node:fs';

export type JournalWork = 'committing' | 'checkpointing' | 'nothing';

/** Where SQLite's `-shm` has the locks of writing and of checkpointing (sqlite.org/walformat.html, 2.3). */
const WRITE_LOCK = 120;
const CHECKPOINT_LOCK = 121;

/** By the locks that the process holds (proc(5), /proc/locks): of all of SQLite only they can be seen. */
export function journalWork(pid: number, journal: string): JournalWork {
  const inode = statSync(`${journal}-shm`, { throwIfNoEntry: false })?.ino;
  if (inode === undefined) return 'nothing';
  const held = locks()
    .filter(lock => lock.pid === pid && lock.inode === inode)
    .map(({ from }) => from);
  if (held.includes(CHECKPOINT_LOCK)) return 'checkpointing';
  return held.includes(WRITE_LOCK) ? 'committing' : 'nothing';
}

function locks() {
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .map(line => /POSIX +ADVISORY +WRITE +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) (\d+)/.exec(line))
    .map(found => ({ pid: Number(found?.[1]), inode: Number(found?.[2]), from: Number(found?.[3]) }));
}
