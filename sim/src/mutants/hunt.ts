/** Plants one mutant after the other and looks which test sees it, nearest first. */
import { HuntStopped } from './hunt-stopped.ts';
import type { Mutant } from './patch.ts';
import { runStep } from './run-step.ts';
import { seenTwice } from './seen-twice.ts';
import { named, type Step, stepsFor, together } from './step.ts';
import { copyTree, readTree, type TreeCopy } from './tree-copy.ts';

export interface Hunted {
  readonly mutant: Mutant;
  /** File and title, or profile and seed; null when nothing saw it. */
  readonly by: string | null;
  /** What saw it is that time was up. */
  readonly hung: boolean;
  readonly ms: number;
}

export interface HuntOptions {
  /** The working tree. */
  readonly root: string;
  readonly mutants: readonly Mutant[];
  readonly jobs: number;
  /** Test files at a time, over all jobs. */
  readonly cores: number;
  readonly signal: AbortSignal;
  readonly onHunted: (hunted: Hunted) => void;
  /** What is going on, for whoever waits. */
  readonly say: (text: string) => void;
}

/** How long one step may take, by how long all such steps together took in the tree as it is. */
const LEAST_LIMIT_MS = 60_000;
const TIMES_AS_LONG = 3;

/** @throws HuntStopped for a patch that doesn't apply, and for tests or seeds that fail without any bug */
export async function hunt(options: HuntOptions): Promise<readonly Hunted[]> {
  const { root, mutants, jobs, cores, signal, onHunted, say } = options;
  using stack = new DisposableStack();
  const copy = () => stack.use(copyTree(root));
  const tree = readTree(root);
  const steps = new Map(mutants.map(mutant => [mutant, stepsFor(mutant.files, tree)]));
  const workers = Math.max(1, Math.floor(cores / jobs));
  const limits = new Limits(copy(), [...steps.values()].flat(), { workers, signal }, say);
  const open = [...mutants];
  const hunted: Hunted[] = [];
  const work = async (copied: TreeCopy) => {
    for (let mutant = open.shift(); mutant !== undefined; mutant = open.shift()) {
      const one = await huntOne(mutant, steps.get(mutant) ?? [], copied, limits, { workers, signal });
      hunted.push(one);
      onHunted(one);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, mutants.length) }, () => work(copy())));
  return hunted.sort((a, b) => (a.mutant.name < b.mutant.name ? -1 : 1));
}

interface Means {
  readonly workers: number;
  readonly signal: AbortSignal;
}

async function huntOne(
  mutant: Mutant,
  steps: readonly Step[],
  copied: TreeCopy,
  limits: Limits,
  means: Means,
): Promise<Hunted> {
  let ms = 0;
  for (const step of steps) {
    const conditions = { ...means, limitMs: await limits.of(step) };
    copied.plant(mutant);
    const ran = await seenTwice(of => runStep(copied.root, of, conditions), step).finally(() =>
      copied.pull(mutant),
    );
    ms += ran.ms;
    const { verdict } = ran;
    if (verdict.kind === 'failed') return { mutant, by: verdict.by, hung: verdict.hung, ms };
  }
  return { mutant, by: null, hung: false, ms };
}

/**
 * What the tree as it is does with the same steps: it must pass them, and how long it takes says from when on a mutant hangs. All steps of a
 * kind are run together, once, when the first of them is about to be tried.
 */
class Limits {
  readonly #clean: TreeCopy;
  readonly #steps: readonly Step[];
  readonly #means: Means;
  readonly #say: (text: string) => void;
  readonly #limits = new Map<string, Promise<number>>();

  constructor(clean: TreeCopy, steps: readonly Step[], means: Means, say: (text: string) => void) {
    this.#clean = clean;
    this.#steps = steps;
    this.#means = means;
    this.#say = say;
  }

  of(step: Step): Promise<number> {
    const all = together(step, this.#steps);
    const name = named(all);
    const known = this.#limits.get(name) ?? this.#measure(all);
    this.#limits.set(name, known);
    return known;
  }

  async #measure(step: Step): Promise<number> {
    this.#say(`without any bug: ${named(step)}`);
    const { verdict, ms } = await runStep(this.#clean.root, step, {
      ...this.#means,
      limitMs: CLEAN_LIMIT_MS,
    });
    if (verdict.kind === 'failed') {
      throw new HuntStopped(`Mend this first, it fails without any bug: ${verdict.by}`);
    }
    return Math.max(LEAST_LIMIT_MS, TIMES_AS_LONG * ms);
  }
}

const CLEAN_LIMIT_MS = 20 * 60_000;
