/** Forty tills in a process of their own: real MQTT clients over TLS, each selling as fast as it is answered. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TerminalAccess } from '@pulsera/edge-node/credentials';
import type { ProductId } from '@pulsera/firmware-protocol/ids';
import { tillTopic } from '@pulsera/firmware-protocol/wire/topics';
import { connectAsync, type MqttClient } from 'mqtt';
import { serve } from './child.ts';

export interface Seat {
  readonly access: TerminalAccess;
  readonly port: number;
  readonly cart: readonly ProductId[];
}

export interface Sold {
  readonly taps: number;
  readonly ms: number;
  /** From each request to its answer. */
  readonly tapMs: readonly number[];
}

/** Under the name of the bar they stand at. */
const bars = new Map<string, readonly Till[]>();

const answers = {
  async connect(bar: string, seats: readonly Seat[]): Promise<void> {
    bars.set(bar, await Promise.all(seats.map(seat => Till.connect(seat))));
  },
  /** Every till of a bar sells for this long, and once at least; the last tap of each is waited for. Between two it pauses. */
  async sell(bar: string, ms: number, pauseMs = 0): Promise<Sold> {
    const startedMs = performance.now();
    const selling = (bars.get(bar) ?? []).map(till => till.sellUntil(startedMs + ms, pauseMs));
    const tapMs = (await Promise.all(selling)).flat();
    return { taps: tapMs.length, ms: performance.now() - startedMs, tapMs };
  },
};
export type TillsProcess = typeof answers;

serve(answers, async () => {
  await Promise.all([...bars.values()].flat().map(till => till.close()));
});

/** Does as little as a till can, so that the box is what is measured. */
class Till {
  readonly #client: MqttClient;
  readonly #topic: string;
  readonly #lines: readonly { readonly product: ProductId; readonly quantity: number }[];
  #answered: (result: { readonly outcome: string }) => void = () => undefined;

  private constructor(client: MqttClient, { access, cart }: Seat) {
    this.#client = client;
    this.#topic = tillTopic(access.till, 'charge');
    this.#lines = cart.map(product => ({ product, quantity: 1 }));
    const results = tillTopic(access.till, 'result');
    client.on('message', (topic, payload) => {
      if (topic === results) this.#answered(JSON.parse(payload.toString()));
    });
  }

  static async connect(seat: Seat): Promise<Till> {
    const { till, serverName, ca, cert, key } = seat.access;
    const client = await connectAsync(`mqtts://127.0.0.1:${seat.port}`, {
      protocolVersion: 4,
      clientId: till,
      ca,
      cert,
      key,
      servername: serverName,
      reconnectPeriod: 0,
    });
    const topics = ['result', 'prompt', 'reader/state'].map(leaf => tillTopic(till, leaf));
    await client.subscribeAsync(topics, { qos: 1 });
    return new Till(client, seat);
  }

  async sellUntil(endMs: number, pauseMs: number): Promise<number[]> {
    for (const tapMs: number[] = []; ; ) {
      const askedMs = performance.now();
      const result = await this.#charge();
      tapMs.push(performance.now() - askedMs);
      if (result.outcome !== 'approved') throw new Error(`a tap was not approved: ${JSON.stringify(result)}`);
      if (performance.now() >= endMs) return tapMs;
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #charge(): Promise<{ readonly outcome: string }> {
    const request = {
      tapId: randomUUID(),
      saleId: randomUUID(),
      operator: null,
      shift: null,
      lines: this.#lines,
    };
    const answer = new Promise<{ readonly outcome: string }>(resolve => {
      this.#answered = resolve;
    });
    this.#client.publish(this.#topic, JSON.stringify(request), { qos: 1 });
    return answer;
  }
}
