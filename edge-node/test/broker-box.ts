import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { onTestFinished } from 'vitest';
import { type Broker, type BrokerLimits, startBroker } from '../src/broker/broker.ts';
import {
  type CertifiedKey,
  createCa,
  issueServerCertificate,
  issueTerminalCertificate,
} from '../src/broker/ca.ts';
import type { Refusal } from '../src/broker/refusals.ts';
import type { Revocation } from '../src/broker/revocation.ts';

/** A box's broker on a free loopback port, its CA, and whatever comes in through its door; gone when the test ends. */
export interface BrokerBox {
  readonly broker: Broker;
  readonly ca: CertifiedKey;
  /** What was refused so far, in order. */
  readonly refusals: Refusal[];
  /** Everything the broker logged. */
  readonly logged: { readonly message: string; readonly [detail: string]: unknown }[];
  issue(terminalId: string): Promise<CertifiedKey>;
  /** A till over mqtt.js, connected. */
  till(terminalId: string, options?: IClientOptions & { as?: CertifiedKey }): Promise<MqttClient>;
  /** The CONNACK return code, or the transport's error code, with which a till is turned away. */
  turnedAway(terminalId: string, options?: IClientOptions & { as?: CertifiedKey }): Promise<number | string>;
  /** A TLS socket that has shaken hands and says nothing. */
  tls(identity: CertifiedKey | undefined, options?: ConnectionOptions): Promise<TLSSocket>;
  tcp(): Promise<Socket>;
}

export async function startBrokerBox(
  given: { limits?: Partial<BrokerLimits>; revoked?: readonly Revocation[]; ca?: CertifiedKey } = {},
): Promise<BrokerBox> {
  const ca = given.ca ?? (await createCa(crypto, 'box-1'));
  const refusals: Refusal[] = [];
  const logged: BrokerBox['logged'] = [];
  const write = (detail: object, message: string) => void logged.push({ ...detail, message });
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    caCert: ca.cert,
    server: await issueServerCertificate(crypto, ca, 'box-1', ['127.0.0.1', 'localhost']),
    revoked: given.revoked ?? [],
    log: { info: write, warn: write, error: write },
    limits: given.limits ?? {},
    refused: refusal => void refusals.push(refusal),
  });
  const open: { destroy(): void }[] = [];
  const clients: MqttClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.end(true);
    for (const socket of open) socket.destroy();
    await broker.close();
  });

  const issue = (terminalId: string) => issueTerminalCertificate(crypto, ca, terminalId);

  async function dial(
    terminalId: string,
    { as, ...options }: IClientOptions & { as?: CertifiedKey } = {},
  ): Promise<MqttClient> {
    const identity = as ?? (await issue(terminalId));
    const client = mqtt.connect(`mqtts://127.0.0.1:${broker.port}`, {
      protocolVersion: 4,
      clientId: terminalId,
      ca: ca.cert,
      key: identity.key,
      cert: identity.cert,
      reconnectPeriod: 0,
      ...options,
    });
    clients.push(client);
    return client;
  }

  return {
    broker,
    ca,
    refusals,
    logged,
    issue,
    till: async (terminalId, options) => {
      const client = await dial(terminalId, options);
      await new Promise((resolve, reject) => {
        client.once('connect', resolve);
        client.on('error', reject);
      });
      return client;
    },
    turnedAway: async (terminalId, options) => {
      const client = await dial(terminalId, options);
      return new Promise(resolve => {
        client.on('connect', () => resolve('let in'));
        client.on('error', (error: Error & { code?: number | string }) =>
          resolve(error.code ?? error.message),
        );
        client.on('close', () => resolve('closed'));
      });
    },
    tls: async (identity, options) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: broker.port,
        ca: ca.cert,
        ...(identity === undefined ? {} : { key: identity.key, cert: identity.cert }),
        ...options,
      });
      open.push(socket);
      socket.on('error', () => {});
      socket.resume();
      await once(socket, 'secureConnect');
      return socket;
    },
    tcp: async () => {
      const socket = connectTcp(broker.port, '127.0.0.1');
      open.push(socket);
      socket.on('error', () => {});
      socket.resume();
      await once(socket, 'connect');
      return socket;
    },
  };
}

/** Resolves when the socket is closed, by whichever side. */
export async function closed(socket: Socket): Promise<void> {
  // Not events.once: it would reject on a reset, which is one of the ways to be closed.
  if (!socket.closed) await new Promise<void>(resolve => socket.once('close', () => resolve()));
}
