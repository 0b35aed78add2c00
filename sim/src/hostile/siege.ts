/** One box, its tills, a quiet while, the same while besieged, and what is left a minute later. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCa, issueServerCertificate } from '@pulsera/edge-node/broker/ca';
import { keySetFrom } from '@pulsera/edge-node/tap/keys';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { benchCatalogue, benchTills } from '../bench/bar.ts';
import { certify, edgeFlags } from '../bench/bench-box.ts';
import type { BoxProcess } from '../bench/box-process.ts';
import { Child } from '../bench/child.ts';
import { scratch } from '../bench/disk.ts';
import { seats } from '../bench/durable-taps.ts';
import { enrolOnPaper } from '../bench/paper-event.ts';
import type { TillsProcess } from '../bench/tills-process.ts';
import { fullWristbands, writeChips } from '../bench/wristbands.ts';
import { world } from '../demo/world.ts';
import type { Seen } from './judge.ts';
import { doorFigures, filesOf, rssOf } from './sockets.ts';
import type { StrangersProcess } from './strangers-process.ts';

const TILLS = 8;
/** A till that sells as fast as a good seller's hand, and then some. */
const PAUSE_MS = 50;
const GUESTS_A_TILL = 25;
const WARM_UP_MS = 5000;
const LOOK_MS = 50;
const AFTER_MS = 60_000;
/** A tap that isn't answered by then never will be. */
const LATE_MS = 30_000;

export interface Order {
  readonly connections: number;
  readonly ms: number;
  /** Waits for a minute after, to see what memory is left. */
  readonly isMinuteWaited: boolean;
}

export async function besiege(
  { connections, ms, isMinuteWaited }: Order,
  opened: AsyncDisposableStack,
  progress: (text: string) => void,
): Promise<Seen> {
  const folder = scratch('hostile', opened);
  const dataDir = join(folder, 'box');
  const catalogue = benchCatalogue();
  const tills = benchTills(catalogue).slice(0, TILLS);
  const { eventId, keySets } = enrolOnPaper(dataDir, catalogue, tills);
  const [keySet] = keySets.map(keySetFrom);
  if (keySet === undefined) throw new RangeError('an event without keys');
  const chipsFile = join(folder, 'chips');
  writeFileSync(
    chipsFile,
    writeChips(await fullWristbands(TILLS * GUESTS_A_TILL, eventId, keySet, seededRandom(8))),
  );

  const box = new Child<BoxProcess>('./box-process.ts', edgeFlags());
  const clients = new Child<TillsProcess>('./tills-process.ts');
  const strangers = new Child<StrangersProcess>('../hostile/strangers-process.ts');
  for (const child of [box, clients, strangers]) opened.defer(() => child.close());
  const guests = { from: 0, perTill: GUESTS_A_TILL };
  const port = await box.ask('start', { dataDir, chipsFile, tills: tills.map(({ id }) => id), guests });
  const { pid, healthPort } = await box.ask('where');
  await clients.ask('connect', 'bar', await seats(tills, port, till => certify(dataDir, till)));
  const sell = async (sellMs: number) => {
    const late = new AbortController();
    const sold = clients.ask('sell', 'bar', sellMs, PAUSE_MS);
    const never = sleep(sellMs + LATE_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error('a till was not answered');
    });
    never.catch(() => undefined);
    try {
      return (await Promise.race([sold, never])).tapMs;
    } finally {
      late.abort();
    }
  };
  const door = async () => doorFigures(await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text());

  progress('quiet');
  await sell(WARM_UP_MS);
  const quietMs = await sell(ms);
  const before = rssOf(pid);
  // With the connection on which we ask it, which stays.
  await door();
  const quietFiles = filesOf(pid);

  progress(`${connections} strangers at the door`);
  const other = await createCa(world.crypto, 'another');
  const foreign = await issueServerCertificate(world.crypto, other, 'another', ['127.0.0.1']);
  const siege = strangers.ask('besiege', { port, connections, ms, foreign });
  const selling = sell(ms);
  let [waiting, held, isOver] = [0, 0, false];
  const over = Promise.all([siege, selling]).finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  while (!isOver) {
    waiting = Math.max(waiting, (await door()).waiting);
    held = Math.max(held, filesOf(pid) - quietFiles);
    await sleep(LOOK_MS);
  }
  const [tried, besiegedMs] = await over;
  const { refused } = await door();
  for (const [kind, count] of Object.entries(tried.dialled)) progress(`${kind} dialled ${count} times`);
  for (const [why, count] of refused) progress(`refused as ${why}: ${count}`);
  progress(`at most ${tried.mostOpen} open at the strangers' end`);
  if (isMinuteWaited) {
    progress('a quiet minute');
    await sleep(AFTER_MS);
  }
  return {
    quietMs,
    besiegedMs,
    waiting,
    held,
    dialled: sum(Object.values(tried.dialled)),
    refused: sum([...refused.values()]),
    rss: isMinuteWaited ? { before, after: rssOf(pid) } : null,
  };
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
