/** Which of our own code has run, by V8's own block counts (Chrome DevTools Protocol, Profiler domain), in this thread. */
import { type Profiler, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Not ours to cover: the tool itself, and what others wrote. */
const OTHERS = /\/node_modules\/|\/sim\/src\/fuzz\//;

/** Of one function: which of its characters have run. V8 joins neighbours with equal counts, so blocks themselves have no lasting name. */
type Reached = Map<string, Uint8Array>;

export class Coverage {
  readonly #session = new Session();
  readonly #reached: Reached = new Map();
  readonly #ours = new Map<string, boolean>();
  readonly #blocks = new Set<string>();

  /** From here on every call is counted, which costs a decoder some of its speed. */
  start(): void {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Places where a block that ran begins. */
  get blocks(): number {
    return this.#blocks.size;
  }

  /** Whether anything ran since the last call that had never run before; with `keep` it isn't new the next time. */
  isNew({ keep }: { readonly keep: boolean }): boolean {
    let isNew = false;
    for (const { url, functions } of this.#taken()) {
      if (!this.#isOurs(url)) continue;
      for (const { ranges } of functions) if (this.#mark(url, ranges, keep)) isNew = true;
    }
    return isNew;
  }

  stop(): void {
    this.#session.disconnect();
  }

  #taken(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] = [];
    // Calls back before it returns: the session is this thread's own.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error === null) taken = answer.result;
    });
    return taken;
  }

  #mark(url: string, ranges: readonly Profiler.CoverageRange[], keep: boolean): boolean {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) return false;
    const { startOffset: from, endOffset: to } = whole;
    const key = `${url}:${from}:${to}`;
    const ran = new Uint8Array(to - from);
    // Outer ranges come first, and inner ones say it better.
    for (const { startOffset, endOffset, count } of ranges) {
      ran.fill(count > 0 ? 1 : 0, startOffset - from, endOffset - from);
      if (keep && count > 0) this.#blocks.add(`${url}:${startOffset}`);
    }
    const before = this.#reached.get(key);
    if (before === undefined) {
      if (keep) this.#reached.set(key, ran);
      return true;
    }
    let isNew = false;
    for (let i = 0; i < ran.length; i++) {
      if (ran[i] !== 1 || before[i] === 1) continue;
      isNew = true;
      if (!keep) break;
      before[i] = 1;
    }
    return isNew;
  }

  #isOurs(url: string): boolean {
    let known = this.#ours.get(url);
    if (known === undefined) {
      known = url.startsWith('file:') && fileURLToPath(url).startsWith(ROOT) && !OTHERS.test(url);
      this.#ours.set(url, known);
    }
    return known;
  }
}
