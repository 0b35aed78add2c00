/**
 * What the box adds to the time a guest holds the wristband out. A tap is timed from field-on to the answer's arrival at its till,
 * through a whole box: the till speaks MQTT over TLS, the journal lies on a real disk, the virtual reader takes the data sheet's
 * time. The floor is the very same script, step by step, replayed against a twin of the chip on the same kind of reader, with no
 * box, no journal and no till behind it. Each tap is followed by its replay, so that whatever the machine does, it does to both.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { keySetFrom } from '@pulsera/edge-node/tap/keys';
import type { SaleId, TapId } from '@pulsera/firmware-protocol/ids';
import type { Step } from '@pulsera/firmware-protocol/reader/reader';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { DemoTill } from '../demo/till.ts';
import { visit } from '../demo/visit.ts';
import { airClock } from '../demo/world.ts';
import { benchCatalogue, benchTills } from './bar.ts';
import { startBenchBox } from './bench-box.ts';
import { fdatasyncRate, scratch } from './disk.ts';
import { type Figure, figure } from './figure.ts';
import { enrolOnPaper } from './paper-event.ts';
import type { Setting } from './setting.ts';
import { quantile } from './spread.ts';
import { fullWristbands } from './wristbands.ts';

const TAPS = 500;
/** Not counted: code is compiled, caches fill. */
const WARM_UP = 50;
const GUESTS = 50;
/** What a commit writes, about. */
const COMMIT_BYTES = 16 * 1024;
const MINUTE_MS = 60_000;

/** Remembers what it was asked to run. */
class RecordingReader extends VirtualReader {
  scripts: (readonly Step[])[] = [];

  override run(script: readonly Step[]) {
    this.scripts.push(script);
    return super.run(script);
  }
}

export async function run({ opened, progress }: Setting): Promise<readonly Figure[]> {
  const folder = scratch('tap-time', opened);
  const dataDir = join(folder, 'box');
  const catalogue = benchCatalogue();
  const [till] = benchTills(catalogue);
  if (till === undefined) throw new RangeError('a bar without tills');
  const { eventId, keySets } = enrolOnPaper(dataDir, catalogue, [till]);
  const [keySet] = keySets.map(keySetFrom);
  if (keySet === undefined) throw new RangeError('an event without keys');
  const guests = await fullWristbands(GUESTS, eventId, keySet, seededRandom(3));

  const reader = new RecordingReader({ name: 'at the box', clock: airClock });
  const alone = new VirtualReader({ name: 'alone', clock: airClock });
  const box = await startBenchBox({ dataDir }, new Map([[till.id, reader]]));
  opened.defer(() => box.close());
  const access = await box.issueTerminal(till.id);
  const client = await DemoTill.connect({
    ...access,
    tillId: till.id,
    host: '127.0.0.1',
    port: box.mqttPort,
  });
  opened.defer(() => client.close());

  const lines = till.cart.map(product => ({ product, quantity: 1 }));
  const tapMs: number[] = [];
  const floorMs: number[] = [];
  const diskMs: number[] = [];
  for (let i = 0; i < WARM_UP + TAPS; i++) {
    if (i % 100 === 0) progress(`tap ${i} of ${WARM_UP + TAPS}`);
    const chip = guests[i % GUESTS]?.chip;
    if (chip === undefined) throw new RangeError('nobody to serve');
    const twin = new VirtualChip(chip.uid);
    twin.restore(chip.image());
    reader.scripts = [];
    const charge = {
      tapId: randomUUID() as TapId,
      saleId: randomUUID() as SaleId,
      operator: null,
      shift: null,
      lines,
      waitMs: MINUTE_MS,
    };
    const { result, tapMs: ms } = await visit(
      { till: client, field: reader, nowMs: () => performance.now() },
      chip,
      'charge',
      charge,
    );
    if (ms === undefined) throw new Error(`a tap of the bench was ${result.outcome}`);
    const replayedMs = await replay(alone, twin, reader.scripts);
    const syncMs = 1000 / fdatasyncRate(folder, COMMIT_BYTES, 1);
    if (i < WARM_UP) continue;
    tapMs.push(ms);
    floorMs.push(replayedMs);
    diskMs.push(syncMs);
  }
  await client.close();
  await box.close();
  const disk = [0.5, 0.99].map(share => quantile(diskMs, share).toFixed(2)).join(' and ');
  progress(`a tap waits for the disk twice; alone, once took ${disk} ms meanwhile (p50 and p99)`);
  const at = (share: number) => ({ value: quantile(tapMs, share), floor: quantile(floorMs, share) });
  return [
    figure('tap-time-p50', 'ms', at(0.5), { atMost: 1.1 }),
    figure('tap-time-p99', 'ms', at(0.99), { atMost: 1.25 }),
  ];
}

/** @returns milliseconds from field-on to the last answer */
async function replay(
  reader: VirtualReader,
  chip: VirtualChip,
  scripts: readonly (readonly Step[])[],
): Promise<number> {
  const startedMs = performance.now();
  await reader.present(chip);
  for (const script of scripts) {
    const { stopped } = await reader.run(script);
    if (stopped !== undefined) throw new Error(`the replay of a tap stopped: ${stopped}`);
  }
  const ms = performance.now() - startedMs;
  await reader.remove(chip);
  return ms;
}
