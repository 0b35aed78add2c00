import { Fault } from '@pulsera/firmware-protocol/fault';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import { DEADLINES_MS } from '@pulsera/firmware-protocol/wire/till';
import type { BoxPorts } from './box.ts';
import type { Config } from './config.ts';
import { PcscStation } from './device/pcsc/station.ts';
import type { ReaderRegistry } from './device/reader-registry.ts';

/**
 * Gives tills the readers of the configuration; a till that isn't in it uses the one behind it.
 * @returns the PC/SC readers, to be started; undefined when there are none. @throws Fault `virtual-reader-refused`
 */
export function wireReaders(
  config: Config,
  ports: BoxPorts,
  readers: ReaderRegistry,
): PcscStation | undefined {
  const wired = config.readers.filter(({ kind }) => kind === 'pcsc');
  const station =
    wired.length === 0
      ? undefined
      : new PcscStation({
          log: ports.log,
          timers: ports.loop,
          scriptDeadlineMs: DEADLINES_MS.readerScript,
          random: () => (ports.random(1)[0] ?? 0) / 256,
        });
  for (const reader of config.readers) {
    if (reader.kind === 'pcsc' && station) readers.assign(reader.till, station.claim(reader.match ?? ''));
    if (reader.kind === 'virtual') readers.assign(reader.till, virtualReader(reader.till, ports));
  }
  return station;
}

function virtualReader(till: TillId, { virtualReaders }: BoxPorts): Reader {
  const reader = virtualReaders?.get(till);
  if (reader !== undefined) return reader;
  throw new Fault(
    'virtual-reader-refused',
    'Give this till a real reader: virtual ones take money from chips that nobody holds, and are for demo and training.',
    { detail: { till } },
  );
}
