/** All strangers in a process of their own. Each dials again a moment after it was thrown out, as whoever means harm would. */
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { serve } from '../bench/child.ts';
import { clientHello, type Kit, STRANGERS } from './strangers.ts';

/** Another machine's work is not the box's: here it only gets what the box and the tills leave. */
const LEAST_PRIORITY = 19;
const REDIAL_MS = 1000;

export interface Siege {
  readonly port: number;
  readonly connections: number;
  readonly ms: number;
  readonly foreign: Kit['foreign'];
}

export interface Tried {
  /** By kind of stranger. */
  readonly dialled: Readonly<Record<string, number>>;
  /** Most sockets that were open at this end, at a time. */
  readonly mostOpen: number;
}

const answers = {
  async besiege({ port, connections, ms, foreign }: Siege): Promise<Tried> {
    setPriority(LEAST_PRIORITY);
    const kit = { port, foreign, hello: await clientHello(), random: seededRandom(1) };
    const kinds = Object.entries(STRANGERS);
    const dialled: Record<string, number> = {};
    const untilMs = performance.now() + ms;
    let [open, mostOpen] = [0, 0];
    const stranger = async (i: number): Promise<void> => {
      const [kind, appear] = kinds[i % kinds.length] ?? [];
      if (kind === undefined || appear === undefined) return;
      // Not all in the same millisecond of each second.
      await sleep(kit.random.below(REDIAL_MS));
      while (performance.now() < untilMs) {
        const socket = appear(kit);
        dialled[kind] = (dialled[kind] ?? 0) + 1;
        mostOpen = Math.max(mostOpen, ++open);
        const end = setTimeout(() => socket.destroy(), Math.max(0, untilMs - performance.now()));
        socket.on('error', () => undefined).resume();
        await new Promise(resolve => socket.once('close', resolve));
        clearTimeout(end);
        open -= 1;
        await sleep(REDIAL_MS / 2 + kit.random.below(REDIAL_MS));
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, i) => stranger(i)));
    return { dialled, mostOpen };
  },
};
export type StrangersProcess = typeof answers;

serve(answers, async () => undefined);
