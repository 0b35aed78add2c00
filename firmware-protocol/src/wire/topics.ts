/**
 * The MQTT topics between a box and its terminals. Everything of one till stands below `till/{id}/`, so that
 * its rights are its own subtree and nothing else; `box/state` is the one topic that all of them hear.
 *
 * A till asks on a verb and is answered on `result`; for a reader behind it the box sends scripts on
 * `reader/script` and the till answers on `reader/answer`. `docs/wire.md` has the payloads.
 */

/** What a till may ask or report: the leaves below `till/{id}/` on which it publishes. */
export const TILL_VERBS = [
  'quote',
  'charge',
  'topup',
  'cashout',
  'reverse',
  'balance',
  'cancel',
  'drawer-paid',
  'shift',
  'reader/field',
  'reader/answer',
] as const;
export type TillVerb = (typeof TILL_VERBS)[number];

/** What a till hears: the leaves below `till/{id}/` to which it subscribes. */
export const TILL_HEARS = ['result', 'reader/state', 'reader/script', 'prompt'] as const;
export type TillHears = (typeof TILL_HEARS)[number];

/**
 * Retained. The till publishes `PRESENCE_ONLINE` once it is ready, and its last will is `PRESENCE_OFFLINE`;
 * both are compared byte for byte, so there is one spelling.
 */
export const PRESENCE_LEAF = 'presence';
export const PRESENCE_ONLINE = '{"online":true}';
export const PRESENCE_OFFLINE = '{"online":false}';

/** Retained, from the box to everyone. */
export const BOX_STATE_TOPIC = 'box/state';

/** `till/{tillId}/{leaf}`. */
export function tillTopic(tillId: string, leaf: string): string {
  return `till/${tillId}/${leaf}`;
}

/** Takes a till's topic apart; undefined for any other topic. The leaf may hold slashes (`reader/answer`). */
export function parseTillTopic(topic: string): { tillId: string; leaf: string } | undefined {
  if (!topic.startsWith('till/')) return undefined;
  const slash = topic.indexOf('/', 5);
  if (slash <= 5 || slash === topic.length - 1) return undefined;
  return { tillId: topic.slice(5, slash), leaf: topic.slice(slash + 1) };
}
