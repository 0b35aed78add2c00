/**
 * From one start of a box to its end. Whatever a box may touch is handed to it through its life, and from the moment that this is over
 * nothing of it moves any more: no timer rings, no chip is written, nothing is sent. That is what a pulled plug does, in the midst
 * of any line of code.
 */
import type { PlanPlace } from '@pulsera/edge-node/plan/place';
import type { CloudLink } from '@pulsera/edge-node/sync/cloud-link';
import type { EventLoop } from '@pulsera/edge-node/timers';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';

export class Life implements EventLoop {
  readonly #loop: EventLoop;
  #isOver = false;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
  }

  after(ms: number, callback: () => void): () => void {
    return this.#loop.after(ms, this.while(callback));
  }

  soon = (callback: () => void): void => this.#loop.soon(this.while(callback));

  /** The same function, as long as the life lasts. */
  while<A extends unknown[]>(act: (...given: A) => void): (...given: A) => void {
    return (...given) => {
      if (!this.#isOver) act(...given);
    };
  }

  /** An answer that comes after the end is heard by nobody. */
  async heard<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      return this.#isOver ? await never() : value;
    } catch (error) {
      return this.#isOver ? await never() : Promise.reject(error);
    }
  }

  /** The line as this life has it: it says nothing any more, and hears nothing. */
  link(link: CloudLink): CloudLink {
    const of = <T>(call: () => Promise<T>) => (this.#isOver ? never() : this.heard(call()));
    return {
      sendBatch: (batch, signal) => of(() => link.sendBatch(batch, signal)),
      heldEpochs: signal => of(() => link.heldEpochs(signal)),
      cloudJournal: (after, limit, signal) => of(() => link.cloudJournal(after, limit, signal)),
      awaitHint: (after, signal) => of(() => link.awaitHint(after, signal)),
      askForReversal: (question, signal) => of(() => link.askForReversal(question, signal)),
      plan: (after, signal) => of(() => link.plan(after, signal)),
    };
  }

  /** The plan as it lies there: after the end it stays what it was. */
  plan(place: PlanPlace): PlanPlace {
    return { ...place, prepare: signed => this.while(place.prepare(signed)) };
  }

  /** The reader as this life sees it; the next one has its own. */
  reader(reader: Reader): Reader {
    return {
      name: reader.name,
      via: reader.via,
      chip: () => (this.#isOver ? undefined : reader.chip()),
      isUp: () => !this.#isOver && reader.isUp(),
      onSignal: listener => reader.onSignal(this.while(listener)),
      run: script => (this.#isOver ? never() : this.heard(reader.run(script))),
      close: async () => {},
    };
  }
}

const never = () => new Promise<never>(() => {});
