import { PRESENCE_LEAF, tillTopic } from '@pulsera/firmware-protocol/wire/topics';
import { judgePublish, presenceOf } from './rights.ts';

/** Why a CONNECT is refused although the certificate is good. */
export type ConnectRefusal =
  | 'wrong-protocol'
  | 'wrong-client-id'
  | 'session-not-clean'
  | 'bad-keepalive'
  | 'bad-will';

interface Will {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos?: number | undefined;
  readonly retain?: boolean | undefined;
}

export interface Connect {
  readonly protocolVersion?: number | undefined;
  readonly clientId: string;
  readonly clean?: boolean | undefined;
  readonly keepalive?: number | undefined;
  readonly will?: Will | undefined;
}

/** CONNACK return codes (MQTT 3.1.1 section 3.2.2.3): 2 identifier rejected, 5 not authorised. */
export const CONNACK_CODES: Readonly<Record<ConnectRefusal, 2 | 5>> = {
  'wrong-protocol': 5,
  'wrong-client-id': 2,
  'session-not-clean': 5,
  'bad-keepalive': 5,
  'bad-will': 5,
};

/**
 * - Client id = certificate CN: otherwise one till could throw another out by taking its name.
 * - Clean sessions only: then nothing is queued for an absent till, so nothing grows; a till that comes back repeats its
 *   request by id and gets the first answer.
 * - Keep-alive is demanded, else a pulled cable leaves a till online for ever.
 * - A will is optional, as the box sees by itself when a session ends; if there is one, it may say nothing but that.
 */
export function judgeConnect(
  terminalId: string,
  connect: Connect,
  maxKeepaliveS: number,
): ConnectRefusal | undefined {
  if (connect.protocolVersion !== 4) return 'wrong-protocol';
  if (connect.clientId !== terminalId) return 'wrong-client-id';
  if (connect.clean !== true) return 'session-not-clean';
  const keepalive = connect.keepalive ?? 0;
  if (keepalive < 1 || keepalive > maxKeepaliveS) return 'bad-keepalive';
  if (connect.will !== undefined && !isOffline(terminalId, connect.will)) return 'bad-will';
  return undefined;
}

function isOffline(terminalId: string, will: Will): boolean {
  const publication = { ...will, qos: will.qos ?? 0, retain: will.retain === true };
  return (
    will.topic === tillTopic(terminalId, PRESENCE_LEAF) &&
    judgePublish(terminalId, publication) === undefined &&
    presenceOf(will.payload) === false
  );
}
