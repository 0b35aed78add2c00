/** What a check looks at the world through, and how its findings are put. */
import { Fault, faultCode } from '@pulsera/firmware-protocol/fault';
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import type { Config } from '../../config.ts';
import type { Credentials } from '../../credentials.ts';
import type { PcscState } from '../../device/pcsc/station.ts';
import type { CliPorts } from '../ports.ts';
import type { Settings } from '../settings.ts';

export interface Disk {
  /** What this process may still write below the folder, in bytes. */
  freeBytes(folder: string): number;
  /** How long 4 KB take to be on the disk below the folder: the median of a few times, in milliseconds. */
  syncMs(folder: string): number;
}

export interface FoundReader {
  readonly name: string;
  readonly isUp: boolean;
}

export interface Readers {
  /** Opens those whose PC/SC names hold these texts, in this order; ends within seconds. */
  look(
    matches: readonly string[],
  ): Promise<{ readonly state: PcscState; readonly readers: readonly FoundReader[] }>;
}

export interface Ports extends CliPorts {
  readonly disk: Disk;
  readonly readers: Readers;
}

/** What is known when the checks of an enrolled box begin. */
export interface Box {
  readonly config: Config;
  /** How a person calls a command of this box. */
  readonly command: Settings['command'];
  readonly credentials: Credentials;
}

export const pass = (name: string, found: string): Check => ({ name, state: 'pass', found, cure: null });
export const warn = (name: string, found: string, cure: string): Check => ({
  name,
  state: 'warn',
  found,
  cure,
});
export const fail = (name: string, found: string, cure: string): Check => ({
  name,
  state: 'fail',
  found,
  cure,
});

/** A fault's sentence says what to do, so it is the cure. */
export function failedBy(name: string, error: unknown): Check {
  if (error instanceof Fault) return fail(name, error.code, error.message);
  const message = error instanceof Error ? error.message : String(error);
  return fail(name, `${faultCode(error)}: ${message}`, 'Report this: the check itself went wrong.');
}

/** A length of time as people say it. */
export function duration(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ];
  const [size, unit] = units.find(([least]) => ms >= 2 * least) ?? [1, 'ms'];
  return `${Math.round(ms / size)} ${unit}`;
}

export function bytes(count: number): string {
  return count >= 10e9
    ? `${Math.round(count / 1e9)} GB`
    : count >= 1e9
      ? `${(count / 1e9).toFixed(1)} GB`
      : `${Math.round(count / 1e6)} MB`;
}
