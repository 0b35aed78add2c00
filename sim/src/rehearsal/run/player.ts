/**
 * The side of a process that plays evenings for another: takes one order at a time, says now and then how far it is, and reports. It
 * ends when whoever started it does.
 */
import type { Order, Report, Said } from './order.ts';

/** @param at is told how far the evening is, as often as it likes */
export type Play = (order: Order, onNight: (nowMs: () => number) => void) => Promise<Report>;

/** How often it says how far it is, in real time. */
const SAYS_MS = 500;

export function servePlayer(play: Play): void {
  const say = (said: Said) => void process.send?.(said);
  // The terminal tells all of its processes; the one that was started by hand decides.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', (order: Order) => {
    let saying: NodeJS.Timeout | undefined;
    const watch = (nowMs: () => number) => {
      saying = setInterval(() => say({ kind: 'at', virtualMs: nowMs() }), SAYS_MS);
    };
    void play(order, watch)
      .finally(() => clearInterval(saying))
      .then(report => say({ kind: 'done', report }));
  });
}
