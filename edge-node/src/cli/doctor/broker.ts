/** Would a till get in? Tried the way a till does it: TLS with a certificate from the box's own authority, then MQTT. */

import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import mqtt from 'mqtt';
import { issueTerminalCertificate } from '../../broker/ca.ts';
import { authorityOf, boxName } from '../../credentials.ts';
import { counted } from '../counted.ts';
import { type Box, fail, type Ports, pass, warn } from './look.ts';
import type { Running } from './running.ts';

const NAME = 'broker';
const DEADLINE_MS = 4_000;
/** As which it connects; a till of that name would be pushed out for a moment, so none has it. */
const CLIENT = 'doctor--check';

/** @param running what the box says of itself; undefined where it can't be asked */
export async function checkBroker(
  box: Box,
  isRunning: boolean,
  running: Running | undefined,
  ports: Ports,
): Promise<Check> {
  const { config } = box;
  if (!isRunning) return warn(NAME, 'the box is not running', `Start it: ${box.command('start')}`);
  const port = running?.mqttPort ?? config.mqtt.port;
  if (port === 0) {
    const cure = 'Set mqtt.port and healthPort in the settings, then start the box again.';
    return warn(NAME, 'runs, on a port that it does not tell', cure);
  }
  const host = ['0.0.0.0', '::'].includes(config.mqtt.host) ? '127.0.0.1' : config.mqtt.host;
  const at = `${host}:${port}`;
  try {
    await connect(box, host, port, ports);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(NAME, `no way in at ${at}: ${why}`, 'Look at the log of the box, and start it again.');
  }
  if (running === undefined) return pass(NAME, `takes a till's certificate at ${at}`);
  const { online } = running.terminals;
  return pass(NAME, `takes a till's certificate at ${at}; ${counted(online, 'till')} online`);
}

async function connect({ credentials }: Box, host: string, port: number, { crypto }: Ports): Promise<void> {
  const { ca } = await authorityOf(credentials, crypto);
  // Made for this one connection and never stored.
  const { key, cert } = await issueTerminalCertificate(crypto, ca, CLIENT);
  const client = mqtt.connect(`mqtts://${host}:${port}`, {
    protocolVersion: 4,
    clientId: CLIENT,
    ca: ca.cert,
    key,
    cert,
    servername: boxName(credentials.enrolment),
    keepalive: 10,
    reconnectPeriod: 0,
    connectTimeout: DEADLINE_MS,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.on('error', reject);
      client.once('close', () => reject(new Error('the connection was closed')));
    });
  } finally {
    client.end(true);
  }
}
