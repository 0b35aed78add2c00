import { faultCode } from '@pulsera/firmware-protocol/fault';
import {
  BOX_STATE_TOPIC,
  PRESENCE_LEAF,
  PRESENCE_OFFLINE,
  PRESENCE_ONLINE,
  parseTillTopic,
  TILL_VERBS,
  type TillHears,
  type TillVerb,
  tillTopic,
} from '@pulsera/firmware-protocol/wire/topics';
import type { CertifiedKey } from './ca.ts';
import { openDoor } from './door.ts';
import { createMqtt } from './mqtt.ts';
import { type Log, type Refusal, Refusals } from './refusals.ts';
import { isRevoked, type Revocation } from './revocation.ts';
import { presenceOf } from './rights.ts';
import { Sessions } from './sessions.ts';

/**
 * The box's broker: terminals reach the box through it, and only through it. It proves who speaks, keeps everyone to
 * their own topics and bounds what a stranger can cost; what the bytes mean is for the stand to judge. Nothing of MQTT
 * shows here: requests come in by terminal and verb, messages go out by terminal and leaf.
 */
export interface BrokerLimits {
  /** Longest CONNECT packet, in bytes. */
  readonly connectBytes: number;
  /** Longest packet after CONNECT was accepted, in bytes. */
  readonly packetBytes: number;
  /** Sockets whose CONNECT isn't accepted yet, at a time. */
  readonly places: number;
  /** From the accepted socket to the accepted CONNECT. */
  readonly deadlineMs: number;
  /** Longest keep-alive a terminal may ask for; half as much again without a packet cuts it. */
  readonly keepaliveS: number;
  /** What may lie unread for one terminal before it is cut. */
  readonly unsentBytes: number;
  /** At most one log line per kind of refusal in this time. */
  readonly quietMs: number;
}

export const BROKER_LIMITS: BrokerLimits = {
  connectBytes: 4096,
  packetBytes: 65_536,
  places: 64,
  deadlineMs: 3000,
  keepaliveS: 60,
  unsentBytes: 262_144,
  quietMs: 10_000,
};

export interface BrokerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM of the box's CA; only its key holder needs the key. */
  readonly caCert: string;
  /** From `issueServerCertificate`. */
  readonly server: CertifiedKey;
  readonly revoked: readonly Revocation[];
  readonly log: Log;
  readonly limits?: Partial<BrokerLimits>;
  /** Each refusal, for a counter with the refusal as its label. */
  readonly refused?: (refusal: Refusal) => void;
}

/** The payload is the terminal's claim, unread; it is valid during the call and must be copied to be kept. */
export type RequestHandler = (terminalId: string, verb: TillVerb, payload: Uint8Array) => void;
export type PresenceHandler = (terminalId: string, online: boolean) => void;

export interface Broker {
  readonly port: number;
  /** Every request of every terminal, in the order each of them sent. The answer to a repeated id is the handler's. */
  onRequest(handler: RequestHandler): void;
  onPresence(handler: PresenceHandler): void;
  /** Terminals that said they are ready, on a session that is alive. */
  online(): string[];
  /**
   * Sends to one terminal; false when it has no session (a retained message is kept for it all the same).
   * At most once: a terminal that lost an answer asks again by the same id.
   */
  publish(terminalId: string, leaf: TillHears, payload: Uint8Array, options?: { retain?: boolean }): boolean;
  /** To every terminal, now and when it connects. */
  publishBoxState(payload: Uint8Array): void;
  /** Shuts out, and cuts the live session before it returns. The caller keeps the list for the next start. */
  revoke(revocation: Revocation): void;
  /** For gauges. */
  counts(): { readonly waiting: number; readonly sessions: number; readonly online: number };
  /** Cuts everyone, frees the port. No handler is called afterwards. */
  close(): Promise<void>;
}

/** Faults: `bad-broker-certificate`, `broker-port-taken`, `broker-cannot-listen`. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const limits = { ...BROKER_LIMITS, ...options.limits };
  const { log } = options;
  const revoked = [...options.revoked];
  const requestHandlers: RequestHandler[] = [];
  const presenceHandlers: PresenceHandler[] = [];
  let closing = false;

  const refusals = new Refusals(log, options.refused ?? (() => {}), limits.quietMs);
  const sessions = new Sessions((terminalId, online) => {
    if (closing) return;
    log.info({ terminalId, online }, 'Terminal presence changed');
    const presence = online ? PRESENCE_ONLINE : PRESENCE_OFFLINE;
    send(tillTopic(terminalId, PRESENCE_LEAF), Buffer.from(presence), true);
    for (const handler of presenceHandlers) guarded(() => handler(terminalId, online));
  });

  const mqtt = await createMqtt({
    keepaliveS: limits.keepaliveS,
    unsentBytes: limits.unsentBytes,
    isCurrent: connection => sessions.isCurrent(connection),
    refuse: (connection, refusal, detail) => {
      if (connection.refused && refusal === 'bad-packet') return;
      connection.refused = true;
      refusals.add(refusal, { peer: connection.peer, terminalId: connection.identity.terminalId, ...detail });
    },
    ready: connection => {
      // Revoked while it was still shaking hands. It had its CONNACK, but nothing it sent has passed the guard.
      if (isRevoked(revoked, connection.identity)) {
        refusals.add('revoked', { peer: connection.peer, ...connection.identity });
        connection.destroy();
        return;
      }
      door.admit(connection);
      sessions.open(connection);
      connection.accept();
    },
    heard: (connection, topic, payload) => {
      const leaf = parseTillTopic(topic)?.leaf;
      if (closing || leaf === undefined) return;
      if (leaf === PRESENCE_LEAF) return sessions.setOnline(connection, presenceOf(payload) === true);
      const verb = TILL_VERBS.find(known => known === leaf);
      if (verb === undefined) return;
      for (const handler of requestHandlers) {
        guarded(() => handler(connection.identity.terminalId, verb, payload));
      }
    },
    failed: error => log.error({ error }, 'The MQTT broker failed inside'),
  });

  const door = await openDoor({
    host: options.host,
    port: options.port,
    caCert: options.caCert,
    server: options.server,
    limits,
    isRevoked: identity => isRevoked(revoked, identity),
    refuse: (refusal, detail) => refusals.add(refusal, detail),
    connected: connection => mqtt.handle(connection),
  }).catch(async (error: unknown) => {
    await closeMqtt();
    throw error;
  });

  /** One handler's failure must not end the process, nor keep the message from the next. */
  function guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      log.error({ error, code: faultCode(error) }, 'A handler of terminal messages threw');
    }
  }

  function send(topic: string, payload: Uint8Array, retain: boolean): void {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    mqtt.publish({ cmd: 'publish', topic, payload: bytes, qos: 0, dup: false, retain }, error => {
      if (error && !closing) log.error({ error, topic }, 'A message to a terminal was not sent');
    });
  }

  function closeMqtt(): Promise<void> {
    return new Promise(resolve => mqtt.close(() => resolve()));
  }

  return {
    port: door.port,
    onRequest: handler => void requestHandlers.push(handler),
    onPresence: handler => void presenceHandlers.push(handler),
    online: () => sessions.online(),
    publish: (terminalId, leaf, payload, { retain = false } = {}) => {
      send(tillTopic(terminalId, leaf), payload, retain);
      return sessions.has(terminalId);
    },
    publishBoxState: payload => send(BOX_STATE_TOPIC, payload, true),
    revoke: revocation => {
      revoked.push(revocation);
      for (const connection of sessions.revoked(revocation)) {
        refusals.add('revoked', { peer: connection.peer, ...connection.identity });
        sessions.end(connection);
      }
    },
    counts: () => ({ waiting: door.waiting, sessions: sessions.size, online: sessions.online().length }),
    close: async () => {
      closing = true;
      sessions.close();
      await Promise.all([door.close(), closeMqtt()]);
      refusals.close();
    },
  };
}
