/** Fuzzes a target in a thread of its own and watches over it: an input that takes too long, or too much memory, is a finding. */
import { Worker } from 'node:worker_threads';
import type { Finding } from './finding.ts';
import type { Progress } from './loop.ts';
import { type Order, SHARED_BYTES, SHARED_WORDS } from './order.ts';

/** For one input, on a machine that may be busy: what is honest takes less than a thousandth of it. */
export const INPUT_MS = 10_000;
const LOOK_MS = 500;
const HEAP_MB = 512;

export interface Watched {
  readonly last: Progress;
  readonly findings: readonly Finding[];
}

type Said = { readonly progress?: Progress; readonly finding?: Finding; readonly done?: Progress };

export function watch(
  order: Omit<Order, 'shared'>,
  progress: (progress: Progress) => void,
  inputMs = INPUT_MS,
): Promise<Watched> {
  const shared = new SharedArrayBuffer(4 * SHARED_WORDS + SHARED_BYTES);
  const words = new Int32Array(shared, 0, SHARED_WORDS);
  const workerData: Order = { ...order, shared };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const findings: Finding[] = [];
  let last: Progress = { execs: 0, taken: 0, blocks: 0, corpus: 0 };
  const held = (verdict: Finding['verdict'], what: string): Finding => ({
    target: order.name,
    verdict,
    what,
    input: new Uint8Array(shared, 4 * SHARED_WORDS, words[1]).slice(),
  });
  return new Promise((resolve, reject) => {
    let [begun, sinceMs] = [-1, performance.now()];
    const look = setInterval(() => {
      const now = Atomics.load(words, 0);
      if (now !== begun || now === 0) [begun, sinceMs] = [now, performance.now()];
      else if (performance.now() - sinceMs > inputMs) {
        findings.push(held('hung', `not done after ${inputMs} ms`));
        end();
      }
    }, LOOK_MS);
    const end = () => {
      clearInterval(look);
      void worker.terminate().then(() => resolve({ last, findings }));
    };
    worker.on('message', (said: Said) => {
      if (said.finding !== undefined) findings.push(said.finding);
      last = said.done ?? said.progress ?? last;
      if (said.done !== undefined) end();
      else if (said.progress !== undefined) progress(said.progress);
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      clearInterval(look);
      if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return reject(error);
      findings.push(held('memory', `more than ${HEAP_MB} MB`));
      resolve({ last, findings });
    });
  });
}
