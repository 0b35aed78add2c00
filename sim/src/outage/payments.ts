/** People who pay online: each payment is told to the cloud under its reference, over and over, until the cloud has answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { Agent, fetch } from 'undici';
import { anyOf, between } from '../rehearsal/chance.ts';
import type { Guest } from './crowd.ts';
import type { Tally } from './tally.ts';
import type { Witness } from './witness.ts';

export interface PaymentsOptions {
  /** Where the API is reached, through a cable. */
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly adminToken: string;
  /** Of the event in the API. */
  readonly path: string;
  readonly guests: readonly Guest[];
  readonly witness: Witness;
  readonly tally: Tally;
  readonly random: Random;
}

export interface Payment {
  readonly reference: string;
  readonly wallet: string;
  readonly mainMinor: number;
}

const PAUSE_MS = [50, 500] as const;
const ANSWER_MS = 2_000;
const CONNECTIONS = 8;
const AGAIN_MS = 300;
const STEP_MINOR = 500;
const STEPS = 8;

export class Payments {
  /** Each was answered, or was the one at hand. */
  readonly made: Payment[] = [];
  readonly #options: PaymentsOptions;
  readonly #agent: Agent;

  constructor(options: PaymentsOptions) {
    this.#options = options;
    this.#agent = new Agent({ connect: { ca: options.ca, timeout: ANSWER_MS }, connections: CONNECTIONS });
  }

  /** One after the other; the one at hand is the last when it is over. */
  async work(isOver: () => boolean): Promise<void> {
    const { random, guests } = this.#options;
    while (!isOver()) {
      await this.pay(anyOf(random, guests), STEP_MINOR * (1 + random.below(STEPS)));
      await sleep(between(random, PAUSE_MS));
    }
  }

  /** @throws Error for an answer that means it never will be booked */
  async pay(guest: Guest, mainMinor: number): Promise<void> {
    const { random, witness, tally } = this.#options;
    const payment = { reference: `pay-${toHex(random.bytes(8))}`, wallet: guest.wristband.wallet, mainMinor };
    this.made.push(payment);
    tally.payments++;
    while (!(await this.#tell(payment))) {
      tally.paymentsAgain++;
      await sleep(AGAIN_MS);
    }
    guest.onlineMinor += mainMinor;
    witness.tell({ kind: 'paid-online', guest: guest.name, mainMinor, bonusMinor: 0 });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** @returns false where it has to be told again: nobody, or nobody who could, has answered */
  async #tell({ reference, wallet, mainMinor }: Payment): Promise<boolean> {
    const { url, path, adminToken } = this.#options;
    let answer: { readonly status: number; readonly text: string };
    try {
      const response = await fetch(`${url}${path}/wallets/${wallet}/credits`, {
        method: 'POST',
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(ANSWER_MS),
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ mainMinor, reference }),
      });
      answer = { status: response.status, text: await response.text() };
    } catch {
      return false;
    }
    if (answer.status < 500) {
      if (answer.status === 200) return true;
      throw new Error(`payment ${reference} was refused: ${answer.status} ${answer.text}`);
    }
    // Whatever else than an absent database is a fault of the cloud's.
    if (answer.status !== 503)
      throw new Error(`payment ${reference} failed: ${answer.status} ${answer.text}`);
    return false;
  }
}
