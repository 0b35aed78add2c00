import { createRequire } from 'node:module';
import { Aedes, type AedesOptions, type Client } from 'aedes';
import { CONNACK_CODES, type ConnectRefusal, judgeConnect } from './connect.ts';
import { Connection } from './connection.ts';
import type { Refusal, RefusalDetail } from './refusals.ts';
import { judgePublish, mayHear, maySubscribe } from './rights.ts';

/**
 * aedes, told to ask the rules of this folder at each of its hooks. It speaks MQTT 3.1.1 and keeps subscriptions and
 * retained messages in memory; sessions are clean, so nothing is queued for anyone who is away.
 */
export interface MqttRules {
  readonly keepaliveS: number;
  readonly unsentBytes: number;
  isCurrent(connection: Connection): boolean;
  refuse(connection: Connection, refusal: Refusal, detail?: RefusalDetail): void;
  /** CONNECT was accepted and CONNACK written. */
  ready(connection: Connection): void;
  /** A publish that it had the right to make. */
  heard(connection: Connection, topic: string, payload: Uint8Array): void;
  /** aedes itself failed, with nobody to blame for it. */
  failed(error: unknown): void;
}

export async function createMqtt(rules: MqttRules): Promise<Aedes> {
  forgoNumberCache();
  const aedes = await Aedes.createBroker(hooks(rules));
  aedes.on('clientReady', client => rules.ready(connectionOf(client)));
  aedes.on('keepaliveTimeout', client => rules.refuse(connectionOf(client), 'silent'));
  for (const event of ['clientError', 'connectionError'] as const) {
    aedes.on(event, (client, error) => {
      // The peer left while an answer was on its way: nothing was wrong with it.
      if (error.message === 'connection closed') return;
      const refusal = error.message === 'drain timeout' ? 'too-slow-reader' : 'bad-packet';
      rules.refuse(connectionOf(client), refusal, { cause: error.message });
    });
  }
  // Not among aedes' typed events, but it does emit it, and unheard it would end the process.
  const emitter: NodeJS.EventEmitter = aedes;
  emitter.on('error', error => rules.failed(error));
  return aedes;
}

/**
 * mqtt-packet would make a Buffer for each of the 65,536 numbers of two bytes when it writes its first packet, and keep them: 8 MB. The
 * copy meant is the one that aedes loads.
 */
function forgoNumberCache(): void {
  const ofAedes = createRequire(import.meta.resolve('aedes'));
  const { writeToStream }: { writeToStream: { cacheNumbers: boolean } } = ofAedes('mqtt-packet');
  writeToStream.cacheNumbers = false;
}

function hooks(rules: MqttRules): AedesOptions {
  // preConnect sees the packet but can only hang up; authenticate can answer with a CONNACK but doesn't see the packet.
  const refused = new WeakMap<Client, ConnectRefusal>();
  return {
    // Unlimited: with a limit, tills that don't read would fill it and stop the messages of all the others.
    // What one till may leave unread is bounded below instead.
    concurrency: 0,
    drainTimeout: 10_000,
    preConnect: (client, packet, done) => {
      const refusal = judgeConnect(connectionOf(client).identity.terminalId, packet, rules.keepaliveS);
      if (refusal !== undefined) refused.set(client, refusal);
      done(null, true);
    },
    authenticate: (client, _username, _password, done) => {
      const refusal = refused.get(client);
      if (refusal === undefined) return done(null, true);
      rules.refuse(connectionOf(client), refusal, { clientId: client.id.slice(0, 64) });
      done(Object.assign(new Error(refusal), { returnCode: CONNACK_CODES[refusal] }), false);
    },
    /** An error closes the connection: 3.1.1 can't say no to a publish, and an acknowledgement would be a lie. */
    authorizePublish: (client, packet, done) => {
      // No client: a will that outlived its broker, which can't be with memory only.
      if (client === null) return done(new Error('no session'));
      const connection = connectionOf(client);
      // Cut already, by a revocation for one: the rest of its chunk says nothing any more. The will isn't needed; the
      // end of the session is announced by the box.
      if (connection.destroyed || !rules.isCurrent(connection)) return done(new Error('connection closed'));
      const refusal = judgePublish(connection.identity.terminalId, packet);
      if (refusal !== undefined) {
        rules.refuse(connection, refusal, { topic: packet.topic.slice(0, 128), qos: packet.qos });
        return done(new Error(refusal));
      }
      // The box keeps presence itself (sessions.ts): one writer, so what is retained can't outlive the session.
      packet.retain = false;
      // Heard here and not in `published`: aedes acknowledges QoS 1 first and publishes later, and a till that leaves
      // upon the acknowledgement would have been told yes for what nobody heard.
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      rules.heard(connection, packet.topic, payload);
      done(null);
    },
    /** Null is SUBACK 128 for that filter; the session goes on. */
    authorizeSubscribe: (client, subscription, done) => {
      const connection = connectionOf(client);
      if (maySubscribe(connection.identity.terminalId, subscription.topic)) return done(null, subscription);
      rules.refuse(connection, 'forbidden-subscription', { filter: subscription.topic.slice(0, 128) });
      done(null, null);
    },
    authorizeForward: (client, packet) => {
      const connection = connectionOf(client);
      if (!mayHear(connection.identity.terminalId, packet.topic)) return null;
      if (connection.unsent <= rules.unsentBytes) return packet;
      rules.refuse(connection, 'too-slow-reader', { unsentBytes: connection.unsent });
      connection.destroy();
      return null;
    },
  };
}

function connectionOf(client: Client): Connection {
  if (client.conn instanceof Connection) return client.conn;
  throw new TypeError('The broker was handed a stream that did not come through the door');
}
