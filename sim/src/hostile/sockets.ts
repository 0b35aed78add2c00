/** Sockets of a box, as the kernel and as the box itself count them. */
import { readFileSync } from 'node:fs';

const LISTEN = '0A';
const WAITING = /^pulsera_broker_waiting (\d+)$/m;
const REFUSED = /^pulsera_broker_refusals_total\{refusal="([^"]+)"\} (\d+)$/gm;

/**
 * Connections to a port that a process holds. One that still waits in the kernel's queue has no inode yet: the box doesn't know of it.
 * @param table text of /proc/PID/net/tcp (proc(5))
 */
export function heldConnections(table: string, port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').filter(line => {
    const [, address = '', , state, , , , , , inode = '0'] = line.trim().split(/\s+/);
    return address.endsWith(local) && state !== LISTEN && inode !== '0';
  }).length;
}

export function connectionsOf(pid: number, port: number): number {
  return heldConnections(readFileSync(`/proc/${pid}/net/tcp`, 'utf8'), port);
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
