/**
 * Which faults of a till are journaled. Most are for the log alone: a reader without a cable, a message that is none. These few say
 * something about money or people that whoever audits the event must find, also when the log is long gone.
 */
import type { Fault } from '@pulsera/firmware-protocol/fault';
import { TillId } from '@pulsera/firmware-protocol/ids';
import type { Journal } from '../journal/journal.ts';

const JOURNALED: ReadonlySet<string> = new Set([
  // Two requests under one id: a till that replays, or that lost its memory.
  'tap-id-reused',
  'request-id-reused',
  // Cash was asked for that nobody owes.
  'cash-out-unknown',
  'drawer-paid-already',
  // Somebody tried what only a supervisor may allow.
  'supervisor-needed',
  // A mistake of ours.
  'unexpected',
]);

/** One of a kind per till and while: a till that repeats itself must not fill the disk. */
const ONCE_IN_MS = 60_000;
/** What an entry holds: bytes. */
const MOST_BYTES = 500;

/** @returns takes a fault that a till was answered with; resolves to whether it stands in the journal, and never rejects. */
export function faultRecord(
  journal: Pick<Journal, 'append'>,
  monoMs: () => number,
): (fault: Fault, till: string) => Promise<boolean> {
  const lastMs = new Map<string, number>();
  return async ({ code, message }, tillId) => {
    const till = TillId.safeParse(tillId);
    if (!till.success || !JOURNALED.has(code)) return false;
    const kind = `${till.data} ${code}`;
    const before = lastMs.get(kind);
    if (before !== undefined && monoMs() - before < ONCE_IN_MS) return false;
    lastMs.set(kind, monoMs());
    try {
      await journal.append([{ kind: 'fault', body: { code, till: till.data, message: fitting(message) } }]);
      return true;
    } catch {
      // A full disk, or a box that is stopping: the till has its answer, and the log has the fault.
      return false;
    }
  };
}

/** Cut where a character ends. */
function fitting(message: string): string {
  const bytes = new TextEncoder().encode(message).subarray(0, MOST_BYTES);
  return new TextDecoder().decode(bytes).replace(/\uFFFD+$/u, '');
}
