import { type ReaderRig, readerContract } from '@pulsera/firmware-protocol/reader/reader.contract';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { eventLoop } from '../../event-loop.ts';
import type { LinkedReader } from '../linked-reader.ts';
import { missingForPcsc, PrivatePcscd } from '../virtual/pcscd.ts';
import { VpcdField } from '../virtual/vpcd-field.ts';
import { PcscStation } from './station.ts';

const missing = missingForPcsc();
if (missing !== undefined && process.env.CI) throw new Error(`PC/SC can't be tested: missing ${missing}`);
if (missing !== undefined) console.warn(`NOT TESTED: readers on a real pcscd; missing ${missing}`);

function makeStation(): { station: PcscStation; reader: LinkedReader } {
  const station = new PcscStation({
    log: { info: () => {}, warn: () => {} },
    timers: eventLoop,
    scriptDeadlineMs: 5_000,
    random: () => 0.5,
  });
  const reader = station.claim('Virtual PCD 0 00 00');
  station.start();
  return { station, reader };
}

const isUp = (reader: LinkedReader) =>
  vi.waitFor(() => expect(reader.isUp()).toBe(true), { timeout: 15_000 });

describe.skipIf(missing !== undefined)('readers on a real pcscd', () => {
  let pcscd: PrivatePcscd;
  let field: VpcdField;
  beforeAll(async () => {
    pcscd = new PrivatePcscd(1);
    await pcscd.start();
    field = new VpcdField(pcscd.ports[0] ?? 0);
  });
  afterAll(() => pcscd.close());

  readerContract(
    'nfc-pcsc in its own process',
    async (): Promise<ReaderRig> => {
      const { station, reader } = makeStation();
      await isUp(reader);
      return {
        reader,
        present: chip => field.present(chip),
        remove: () => field.remove(),
        tearAt: (write, torn) => field.tearAt(write, torn),
        unplug: () => pcscd.stop(),
        plug: async () => {
          await pcscd.start();
          await field.again();
        },
        close: async () => {
          await field.remove();
          // pcscd looks every 400 ms: a card that comes sooner passes for the one that left.
          await vi.waitFor(() => expect(reader.chip()).toBeUndefined(), { timeout: 5_000 });
          await station.close();
        },
      };
    },
    15_000,
  );
});
