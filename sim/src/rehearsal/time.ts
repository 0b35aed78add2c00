/**
 * The only time there is in a rehearsal: it stands still while anything is computed and jumps to the next event when all is done.
 * Events come in the order of their time, and of their making where that is the same; between two of them every promise job runs to
 * its end. Nothing real is awaited, so the same calls give the same order on every machine.
 */
import type { EventLoop } from '@pulsera/edge-node/timers';
import type { Clock } from '@pulsera/firmware-protocol/virtual/clock';

interface Event {
  readonly atMs: number;
  /** Which of all events it is. */
  readonly made: number;
  /** Undefined once it was called off. */
  callback: (() => void) | undefined;
}

export class VirtualTime implements EventLoop, Clock {
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #made = 0;
  #failure: { readonly error: unknown } | undefined;

  /** Since the rehearsal began, fractions included. */
  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const event: Event = { atMs: this.#nowMs + Math.max(0, ms), made: this.#made++, callback };
    push(this.#heap, event);
    return () => {
      event.callback = undefined;
    };
  }

  /** Behind everything that is due now already. */
  soon = (callback: () => void): void => void this.after(0, callback);

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.after(ms, resolve));
  }

  /** As virtual readers ask for it. */
  sleepUntil(atMs: number): Promise<void> {
    return this.sleep(atMs - this.#nowMs);
  }

  /** What goes on beside everything else; should it fail, the run fails. */
  beside(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  /**
   * Lets time pass until the work is done. @returns what it comes to. @throws what it throws, or what any event or anything `beside` threw;
   * RangeError when nothing is left that could still happen, or when it takes longer than `mostMs`
   */
  async until<T>(work: Promise<T>, mostMs = Number.POSITIVE_INFINITY): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    const endMs = this.#nowMs + mostMs;
    for (;;) {
      await drained();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (isDone) return await work;
      const event = pop(this.#heap);
      if (event === undefined) throw new RangeError('Nothing is left to happen, and it is not done yet.');
      if (event.callback === undefined) continue;
      if (event.atMs > endMs) throw new RangeError(`It takes longer than ${mostMs} ms of virtual time.`);
      this.#nowMs = event.atMs;
      event.callback();
    }
  }
}

/** Node runs all promise jobs, and those that they make, before it comes to the next immediate. */
const drained = () => new Promise<void>(resolve => setImmediate(resolve));

const isBefore = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.made < b.made);

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  for (;;) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (at === 0 || parent === undefined || isBefore(parent, event)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || last === first) return first;
  let at = 0;
  for (;;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    if (left === undefined) break;
    const isRight = right !== undefined && isBefore(right, left);
    const next = isRight ? right : left;
    if (!isBefore(next, last)) break;
    heap[at] = next;
    at = 2 * at + (isRight ? 2 : 1);
  }
  heap[at] = last;
  return first;
}
