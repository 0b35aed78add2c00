import { faultCode } from '@pulsera/firmware-protocol/fault';
import { pause } from '../sync/bell.ts';
import type { Timers } from '../timers.ts';

export interface Waiting {
  readonly log: { error(data: object, text: string): void };
  /** Somebody wants it to end. */
  readonly signal: AbortSignal;
  readonly timers: Timers;
  readonly everyMs?: number;
}

/** So often it is tried again: a few writes that fail. */
const EVERY_MS = 5_000;
/** Of the file system itself, where not even an empty file could be made. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Starts as often as it takes while the disk is entirely full: a journal that can't count its start can't be opened, and whoever frees
 * space at night doesn't know that a box has to be started too.
 * @param attempt leaves nothing behind when it fails
 * @returns undefined when it was ended first. @throws whatever else the attempt throws
 */
export async function onceThereIsRoom<T>(
  attempt: () => Promise<T>,
  { log, signal, timers, everyMs = EVERY_MS }: Waiting,
): Promise<T | undefined> {
  for (let isTold = false; !signal.aborted; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!isFull(error)) throw error;
      if (!isTold) {
        log.error(
          { code: 'disk-full' },
          'The disk of the data folder is full, so the journal can not be opened and nothing is sold. Free space: the box starts by itself as soon as there is some.',
        );
      }
      isTold = true;
      await pause(timers, everyMs, signal);
    }
  }
  return undefined;
}

function isFull(error: unknown): boolean {
  if (faultCode(error) === 'disk-full') return true;
  return error instanceof Error && 'code' in error && FULL.has(String(error.code));
}
