/** A box in a process of its own, as on a site; with guests that never run out. */
import { readFileSync } from 'node:fs';
import type { Box } from '@pulsera/edge-node/box';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import { type BoxPlace, startBenchBox } from './bench-box.ts';
import { cpuUs, serve } from './child.ts';
import { GuestReader } from './guest-reader.ts';
import { readChips } from './wristbands.ts';

const SAMPLE_MS = 50;

export interface BoxOrder extends BoxPlace {
  readonly tills: readonly TillId[];
  /** From `writeChips`. */
  readonly chipsFile: string;
  /** Which of them hold their wristbands out here: a box knows a wristband that has gone back in time. */
  readonly guests: { readonly from: number; readonly perTill: number };
}

export interface BoxFigures {
  readonly seq: number;
  readonly pendingTaps: number;
  /** Entries that the cloud hasn't acknowledged. */
  readonly lag: number;
  /** Bytes: the most since it was last asked. */
  readonly rss: number;
  /** What the process took of the processors so far, microseconds. */
  readonly cpuUs: number;
}

let box: Box | undefined;
let most = 0;

const answers = {
  /** @returns the broker's port */
  async start({ tills, chipsFile, guests: { from, perTill }, ...place }: BoxOrder): Promise<number> {
    const chips = readChips(readFileSync(chipsFile, 'utf8'), from, from + perTill * tills.length);
    const readers = tills.map((till, i): [TillId, Reader] => [
      till,
      new GuestReader(till, chips.slice(i * perTill, (i + 1) * perTill)),
    ]);
    box = await startBenchBox(place, new Map(readers));
    setInterval(sample, SAMPLE_MS).unref();
    return box.mqttPort;
  },
  where(): { readonly pid: number; readonly healthPort: number } {
    return { pid: process.pid, healthPort: started().healthPort };
  },
  figures(): BoxFigures {
    sample();
    const { journal, sync } = started();
    const figures = {
      seq: journal.lastSeq,
      pendingTaps: journal.views.pendingCount(),
      lag: sync.state().lagEntries,
      rss: most,
      cpuUs: cpuUs(),
    };
    most = 0;
    return figures;
  },
};
export type BoxProcess = typeof answers;

serve(answers, async () => box?.close());

function started(): Box {
  if (box === undefined) throw new Error('the box was not started');
  return box;
}

function sample(): void {
  most = Math.max(most, process.memoryUsage.rss());
}
