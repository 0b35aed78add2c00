/** A progress bar for anything that takes more than a second: repainted on a terminal, a line now and then elsewhere. */
import type { Io } from './io.ts';

const WIDTH = 28;
const QUIET_MS = 1_000;
const PAINT_MS = 80;
const LINE_MS = 5_000;

export interface Bar {
  step(done: number): void;
  end(): void;
}

export function bar(
  what: string,
  total: number,
  { print, repaint, monoMs }: Pick<Io, 'print' | 'repaint' | 'monoMs'>,
): Bar {
  const startedMs = monoMs();
  let toldMs = startedMs;
  let isShown = false;
  return {
    step(done) {
      const nowMs = monoMs();
      const everyMs = repaint === undefined ? LINE_MS : PAINT_MS;
      if (nowMs - startedMs < QUIET_MS || (nowMs - toldMs < everyMs && done < total)) return;
      toldMs = nowMs;
      isShown = true;
      (repaint ?? print)(line(what, done, total, nowMs - startedMs));
    },
    end() {
      if (isShown) repaint?.('');
    },
  };
}

/** Pure. */
export function line(what: string, done: number, total: number, elapsedMs: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * WIDTH);
  const left = share === 0 ? '' : `, ${Math.ceil((elapsedMs / share - elapsedMs) / 1000)} s left`;
  return `${what} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done}/${total}${share === 1 ? '' : left}`;
}
