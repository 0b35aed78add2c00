/** Sockets of a box, as the kernel counts them (proc(5)) and as the box itself does. */
import { readdirSync, readFileSync } from 'node:fs';

const WAITING = /^pulsera_broker_waiting (\d+)$/m;
const REFUSED = /^pulsera_broker_refusals_total\{refusal="([^"]+)"\} (\d+)$/gm;

/**
 * Files and sockets that a process holds. The kernel's table of connections would name the port, but it is read piece by piece: with
 * hundreds of connections a second a reading that takes 50 ms counts some that were never there together.
 */
export function filesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

export function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new RangeError(`process ${pid} has no memory`);
  return Number(kilobytes) * 1024;
}

/** What a box tells at `/metrics`. */
export function doorFigures(metrics: string): { waiting: number; refused: ReadonlyMap<string, number> } {
  const waiting = WAITING.exec(metrics)?.[1];
  if (waiting === undefined) throw new RangeError('the box does not tell how many wait');
  const refused = [...metrics.matchAll(REFUSED)].map(([, why = '', count]) => [why, Number(count)] as const);
  return { waiting: Number(waiting), refused: new Map(refused) };
}
