import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { Quarantine, QuarantinedBatch } from '../quarantine.ts';
import type { EventTables } from './event-tables.ts';

export const quarantineIn = ({ quarantine }: EventTables): Quarantine => ({
  async keep(batch) {
    const key = `${batch.box}/${batch.epoch}/${batch.fromSeq}/${toHex(batch.headHash)}`;
    if (!quarantine.get(key)) quarantine.insert(key, { ...batch, batch: batch.batch.slice() });
  },
  async *all() {
    yield* quarantine.all().sort(asTheyCame);
  },
});

function asTheyCame(a: QuarantinedBatch, b: QuarantinedBatch): number {
  return (
    a.receivedMs - b.receivedMs ||
    a.box - b.box ||
    a.epoch - b.epoch ||
    a.fromSeq - b.fromSeq ||
    Buffer.compare(a.headHash, b.headHash)
  );
}
