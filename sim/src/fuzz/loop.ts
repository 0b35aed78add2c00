/**
 * Fuzzes one target in this thread: inputs in batches, and where a batch reached new code, its halves again to find out which did.
 * The run can be replayed from its seed as far as time lets it: the same seed draws the same inputs.
 */
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { Coverage } from './coverage.ts';
import { described, type Finding, signature } from './finding.ts';
import { grows, heldBytes, INPUTS_A_LOOK } from './memory.ts';
import { minimise } from './minimise.ts';
import { nextInput } from './mutate.ts';
import type { Target } from './target.ts';

const LEAST_BATCH = 64;
const MOST_BATCH = 2048;
/** Findings of one target that are told apart; whoever mends one runs it again. */
const MAX_FINDINGS = 10;

export interface Progress {
  readonly execs: number;
  readonly taken: number;
  readonly blocks: number;
  readonly corpus: number;
}

export interface Run {
  readonly name: string;
  readonly seed: number;
  /** Told before each input is tried: whoever watches knows which one hangs. */
  readonly about: (input: Uint8Array) => void;
  readonly isOver: () => boolean;
  readonly progress: (progress: Progress) => void;
  readonly found: (finding: Finding) => void;
}

export async function fuzz(target: Target, run: Run): Promise<Progress> {
  const random = seededRandom(run.seed);
  const coverage = new Coverage();
  const corpus: Uint8Array[] = [];
  const signatures = new Set<string>();
  const looks: number[] = [];
  let [execs, taken, nextLook] = [0, 0, INPUTS_A_LOOK];
  const now = (): Progress => ({ execs, taken, blocks: coverage.blocks, corpus: corpus.length });

  /** @returns the error, when it is a finding */
  const failure = async (input: Uint8Array): Promise<unknown> => {
    run.about(input);
    execs += 1;
    try {
      const answer = target.run(input);
      if (typeof answer === 'boolean' ? answer : await answer) taken += 1;
      return undefined;
    } catch (error) {
      return error ?? new Error('nothing was thrown, but thrown it was');
    }
  };
  const judge = async (input: Uint8Array): Promise<void> => {
    const error = await failure(input);
    if (error === undefined) return;
    const mark = signature(error);
    if (signatures.has(mark) || signatures.size >= MAX_FINDINGS) return;
    signatures.add(mark);
    const isSame = async (candidate: Uint8Array) => signature(await failure(candidate)) === mark;
    const least = await minimise(input, isSame);
    run.found({ target: run.name, verdict: 'threw', what: described(error), input: least });
  };

  coverage.start();
  for (const input of target.seeds) {
    await judge(input);
    // Samples of people's making stay, whatever they reach.
    corpus.push(input);
  }
  coverage.isNew({ keep: true });
  /** Halves it as long as there is something new: a look at what ran costs as much as a hundred inputs. */
  const keepNew = async (batch: readonly Uint8Array[]): Promise<void> => {
    for (const input of batch) await judge(input);
    if (!coverage.isNew({ keep: batch.length === 1 })) return;
    const half = batch.length >> 1;
    if (half === 0) return void corpus.push(...batch);
    await keepNew(batch.slice(0, half));
    await keepNew(batch.slice(half));
  };
  for (let size = LEAST_BATCH; !run.isOver(); ) {
    const batch: Uint8Array[] = [];
    while (batch.length < size && !run.isOver()) {
      const input = nextInput(target, corpus, random);
      batch.push(input);
      await judge(input);
    }
    const before = corpus.length;
    if (coverage.isNew({ keep: false })) await keepNew(batch);
    size = corpus.length > before ? LEAST_BATCH : Math.min(2 * size, MOST_BATCH);
    if (execs >= nextLook) {
      nextLook += INPUTS_A_LOOK;
      looks.push(heldBytes());
      if (grows(looks)) {
        const [first = 0, last = 0] = [looks.at(0), looks.at(-1)];
        const what = `from ${first} to ${last} bytes in ${execs} inputs`;
        run.found({ target: run.name, verdict: 'memory', what, input: new Uint8Array(0) });
        break;
      }
    }
    run.progress(now());
  }
  coverage.stop();
  return now();
}
