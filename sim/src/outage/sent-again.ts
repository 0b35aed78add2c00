/** How many entries the API was sent, and how many of them again: by its own count, which begins anew with each of its lives. */
import { Agent, fetch } from 'undici';

export interface Sent {
  readonly taken: number;
  /** Known already, since a box never heard the answer. */
  readonly known: number;
}

const NOTHING: Sent = { taken: 0, known: 0 };
const ANSWER_MS = 1_000;

export class SentAgain {
  readonly #agent: Agent;
  #past = NOTHING;
  #life = NOTHING;

  /** @param ca PEM of the authority behind the API's certificate */
  constructor(ca: string) {
    this.#agent = new Agent({ connect: { ca } });
  }

  /** What is known by now: what a life counted behind its last reading is missing. */
  get sent(): Sent {
    return sum(this.#past, this.#life);
  }

  /** @param url of the API itself, with no cable in between; undefined while it is down */
  async read(url: string | undefined): Promise<void> {
    if (url === undefined) return;
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const answer = await fetch(`${url}/metrics`, { dispatcher: this.#agent, signal });
      const text = await answer.text();
      this.#life = { taken: figure(text, 'taken'), known: figure(text, 'known') };
    } catch {
      // It is busy or gone: what it said last is kept.
    }
  }

  /** The API has ended: its next life counts from nothing. */
  next(): void {
    this.#past = this.sent;
    this.#life = NOTHING;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function figure(text: string, what: keyof Sent): number {
  const found = new RegExp(`^pulsera_journal_entries_total{what="${what}"} (\\d+)$`, 'm').exec(text);
  return Number(found?.[1] ?? 0);
}

function sum(a: Sent, b: Sent): Sent {
  return { taken: a.taken + b.taken, known: a.known + b.known };
}
