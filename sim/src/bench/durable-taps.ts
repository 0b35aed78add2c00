/**
 * How many taps a second a box makes durable when forty tills ask as fast as they are answered. The tills are MQTT clients over TLS in
 * another process; the box is a whole one in its own, with its journal on a real disk, and no reader takes any time. Each tap is a
 * charge of three lines with both its commits. The floor is the same broker with an echo behind it: see echo-process.ts. Beside the rate
 * stands what a tap takes of the processors, which another busy program moves far less.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keySetFrom } from '@pulsera/edge-node/tap/keys';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { type BenchTill, benchCatalogue, benchTills } from './bar.ts';
import { certify, edgeFlags } from './bench-box.ts';
import type { BoxProcess } from './box-process.ts';
import { Child } from './child.ts';
import { scratch } from './disk.ts';
import type { EchoProcess } from './echo-process.ts';
import { type Figure, figure } from './figure.ts';
import { enrolOnPaper } from './paper-event.ts';
import type { Setting } from './setting.ts';
import { middle, type Pair } from './spread.ts';
import type { Seat, TillsProcess } from './tills-process.ts';
import { fullWristbands, writeChips } from './wristbands.ts';

const ROUNDS = 15;
/** Short, so that whatever else the machine does falls on both of a round. */
const ROUND_MS = 1000;
const WARM_UP_MS = 3000;
const GUESTS_A_TILL = 25;

export async function run({ opened, progress }: Setting): Promise<readonly Figure[]> {
  const folder = scratch('durable-taps', opened);
  const dataDir = join(folder, 'box');
  const catalogue = benchCatalogue();
  const tills = benchTills(catalogue);
  const { eventId, keySets } = enrolOnPaper(dataDir, catalogue, tills);
  const [keySet] = keySets.map(keySetFrom);
  if (keySet === undefined) throw new RangeError('an event without keys');
  const chipsFile = join(folder, 'chips');
  const guests = await fullWristbands(tills.length * GUESTS_A_TILL, eventId, keySet, seededRandom(4));
  writeFileSync(chipsFile, writeChips(guests));

  const box = new Child<BoxProcess>('./box-process.ts', edgeFlags());
  opened.defer(() => box.close());
  const echo = new Child<EchoProcess>('./echo-process.ts');
  opened.defer(() => echo.close());
  const clients = new Child<TillsProcess>('./tills-process.ts');
  opened.defer(() => clients.close());

  const order = {
    dataDir,
    chipsFile,
    tills: tills.map(({ id }) => id),
    guests: { from: 0, perTill: GUESTS_A_TILL },
  };
  const certifyAtBox = (till: TillId) => certify(dataDir, till);
  const certifyAtEcho = (till: TillId) => echo.ask('certify', till);
  await clients.ask('connect', 'box', await seats(tills, await box.ask('start', order), certifyAtBox));
  await clients.ask('connect', 'echo', await seats(tills, await echo.ask('start', folder), certifyAtEcho));

  const rate = async (bar: string, ms: number) => {
    const { taps, ms: tookMs } = await clients.ask('sell', bar, ms);
    return { taps, value: (taps * 1000) / tookMs };
  };
  await rate('box', WARM_UP_MS);
  await rate('echo', WARM_UP_MS);
  const rates: Pair[] = [];
  const cpu: Pair[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const echoedBefore = await echo.ask('cpuUs');
    const floor = await rate('echo', ROUND_MS);
    const echoUs = (await echo.ask('cpuUs')) - echoedBefore;
    const before = await box.ask('figures');
    const sold = await rate('box', ROUND_MS);
    const after = await box.ask('figures');
    if (after.seq - before.seq !== 2 * sold.taps || after.pendingTaps !== 0)
      throw new Error(`${sold.taps} taps made ${after.seq - before.seq} entries`);
    rates.push({ value: sold.value, floor: floor.value });
    const each = { value: (after.cpuUs - before.cpuUs) / sold.taps, floor: echoUs / floor.taps };
    cpu.push(each);
    const megabytes = (after.rss / 1e6).toFixed(0);
    progress(
      `${sold.value.toFixed(0)} taps/s of ${each.value.toFixed(0)} µs, echo ${floor.value.toFixed(0)}/s of ` +
        `${each.floor.toFixed(0)} µs; the box takes ${megabytes} MB`,
    );
  }
  for (const child of [clients, echo, box]) await child.close();
  return [
    figure('durable-taps', 'taps/s', middle(rates), { atLeast: 0.1 }),
    figure('tap-processor', 'µs', middle(cpu), { atMost: 12 }),
  ];
}

/** A place at a broker for each till, with its certificate. */
export async function seats(
  tills: readonly BenchTill[],
  port: number,
  certify: (till: TillId) => Promise<Seat['access']>,
): Promise<Seat[]> {
  const made: Seat[] = [];
  for (const { id, cart } of tills) made.push({ access: await certify(id), port, cart });
  return made;
}
