/** A till as the demo and the benches play it: an MQTT client with its own certificate, asking its box and awaiting answers. */

import {
  Prompt,
  ReaderState,
  type TillRequest,
  type TillRequestLeaf,
  TillResult,
} from '@pulsera/firmware-protocol/wire/till';
import { PRESENCE_OFFLINE, PRESENCE_ONLINE, tillTopic } from '@pulsera/firmware-protocol/wire/topics';
import { connectAsync, type MqttClient } from 'mqtt';
import type { z } from 'zod';

export interface TillAccess {
  readonly tillId: string;
  readonly host: string;
  readonly port: number;
  /** The name in the box's certificate. */
  readonly serverName: string;
  /** PEM: the box's CA, and this till's certificate and key. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What may be sent: defaults needn't be filled in. */
type Ask<L extends TillRequestLeaf> = z.input<(typeof TillRequest)[L]>;

export class DemoTill {
  readonly tillId: string;
  readonly #client: MqttClient;
  readonly #waiting = new Map<string, { answered(result: TillResult): void; again(): void }>();
  #prompted: ((prompt: Prompt) => void) | undefined;
  reader: ReaderState | undefined;

  private constructor(tillId: string, client: MqttClient) {
    this.tillId = tillId;
    this.#client = client;
    client.on('message', (topic, payload) => this.#heard(topic, payload));
  }

  static async connect({ tillId, host, port, serverName, ca, cert, key }: TillAccess): Promise<DemoTill> {
    const client = await connectAsync(`mqtts://${host}:${port}`, {
      protocolVersion: 4,
      clientId: tillId,
      ca,
      cert,
      key,
      // The box's certificate names the box, not the address it happens to have.
      servername: serverName,
      will: {
        topic: tillTopic(tillId, 'presence'),
        payload: Buffer.from(PRESENCE_OFFLINE),
        qos: 1,
        retain: true,
      },
    });
    const till = new DemoTill(tillId, client);
    await client.subscribeAsync(
      ['result', 'prompt', 'reader/state'].map(leaf => tillTopic(tillId, leaf)),
      { qos: 1 },
    );
    await client.publishAsync(tillTopic(tillId, 'presence'), PRESENCE_ONLINE, { qos: 1, retain: true });
    return till;
  }

  onPrompt(listener: (prompt: Prompt) => void): void {
    this.#prompted = listener;
  }

  /** Resolves with the box's answer to this request; one that comes too late is asked for again. */
  async ask<L extends TillRequestLeaf>(leaf: L, request: Ask<L>): Promise<TillResult> {
    const { requestId, tapId } = request as { requestId?: string; tapId?: string };
    const id = requestId ?? tapId ?? '';
    const answer = new Promise<TillResult>(answered => {
      this.#waiting.set(id, { answered, again: () => void this.tell(leaf, request).catch(() => undefined) });
    });
    await this.tell(leaf, request);
    return answer;
  }

  /** Sends without awaiting an answer of its own: a `cancel` is answered by the tap's result. */
  async tell<L extends TillRequestLeaf>(leaf: L, request: Ask<L>): Promise<void> {
    await this.#client.publishAsync(tillTopic(this.tillId, leaf), JSON.stringify(request), { qos: 1 });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #heard(topic: string, payload: Uint8Array): void {
    const json: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (topic.endsWith('/prompt')) {
      this.#prompted?.(Prompt.parse(json));
      return;
    }
    if (topic.endsWith('/reader/state')) {
      this.reader = ReaderState.parse(json);
      return;
    }
    const result = TillResult.parse(json);
    const id = 'requestId' in result ? result.requestId : result.tapId;
    if (id === null) return;
    const waiting = this.#waiting.get(id);
    if (result.outcome === 'fault' && result.code === 'answer-late') {
      waiting?.again();
      return;
    }
    waiting?.answered(result);
    this.#waiting.delete(id);
  }
}
