import {
  BOX_STATE_TOPIC,
  PRESENCE_LEAF,
  PRESENCE_OFFLINE,
  PRESENCE_ONLINE,
  parseTillTopic,
  TILL_HEARS,
  TILL_VERBS,
  tillTopic,
} from '@pulsera/firmware-protocol/wire/topics';

/**
 * Who may say and hear what. A terminal owns `till/{its id}/` and hears `box/state`; nothing else exists for it,
 * `$SYS` included. Pure, by table; broker.ts asks it for every publish, subscription and delivery.
 */
const publishes: ReadonlySet<string> = new Set<string>([...TILL_VERBS, PRESENCE_LEAF]);
const hears: ReadonlySet<string> = new Set<string>(TILL_HEARS);

export function mayPublish(terminalId: string, topic: string): boolean {
  const parsed = parseTillTopic(topic);
  return parsed !== undefined && parsed.tillId === terminalId && publishes.has(parsed.leaf);
}

/** A message on this topic may be delivered to the terminal: it keeps a `till/{id}/#` from echoing the till's own words. */
export function mayHear(terminalId: string, topic: string): boolean {
  if (topic === BOX_STATE_TOPIC) return true;
  const parsed = parseTillTopic(topic);
  return parsed !== undefined && parsed.tillId === terminalId && hears.has(parsed.leaf);
}

/**
 * A filter is granted when its first two levels are literally the terminal's own and it can match something the
 * terminal hears. So `till/{id}/#` is fine, `till/+/result` is not, and a misspelt leaf is refused at once instead of
 * staying silent for ever.
 */
export function maySubscribe(terminalId: string, filter: string): boolean {
  if (filter === BOX_STATE_TOPIC) return true;
  if (!filter.startsWith(tillTopic(terminalId, ''))) return false;
  return TILL_HEARS.some(leaf => matches(filter, tillTopic(terminalId, leaf)));
}

/** Why a publish is refused, or undefined when it may pass. */
export type PublishRefusal = 'forbidden-topic' | 'forbidden-qos' | 'forbidden-retain' | 'bad-presence';

export interface Publication {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: string | Uint8Array;
}

/**
 * QoS 2 is refused: its state would have to be kept for a client that may never come back, and a request is already
 * idempotent by its id. Retained is refused but for presence: a request that is delivered again to whoever comes
 * later would be a replay.
 */
export function judgePublish(terminalId: string, publication: Publication): PublishRefusal | undefined {
  if (!mayPublish(terminalId, publication.topic)) return 'forbidden-topic';
  if (publication.qos > 1) return 'forbidden-qos';
  const isPresence = publication.topic === tillTopic(terminalId, PRESENCE_LEAF);
  if (publication.retain !== isPresence) return isPresence ? 'bad-presence' : 'forbidden-retain';
  if (isPresence && presenceOf(publication.payload) === undefined) return 'bad-presence';
  return undefined;
}

/** What a presence payload says; undefined when it is neither of the two. */
export function presenceOf(payload: string | Uint8Array): boolean | undefined {
  // Longer than either: not worth decoding.
  if (payload.length > PRESENCE_OFFLINE.length) return undefined;
  const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
  if (text === PRESENCE_ONLINE) return true;
  return text === PRESENCE_OFFLINE ? false : undefined;
}

/** MQTT 3.1.1 section 4.7.1: `+` stands for one level, a last `#` for the rest, its own parent level included. */
function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [at, want] of wanted.entries()) {
    if (want === '#') return at === wanted.length - 1;
    const level = levels[at];
    if (level === undefined || (want !== '+' && want !== level)) return false;
  }
  return wanted.length === levels.length;
}
