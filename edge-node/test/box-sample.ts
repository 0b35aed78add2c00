/** A whole box in a folder of its own, enrolled by hand, with no cloud behind it. */
import { generateKeyPairSync, randomBytes, sign, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId, Epoch, EventId, KeySetNumber, TenantId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Sign } from '@pulsera/firmware-protocol/journal/cose';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import mqtt, { type MqttClient } from 'mqtt';
import { type Box, type BoxPorts, startBox } from '../src/box.ts';
import { boxFiles } from '../src/box-files.ts';
import { readConfig } from '../src/config.ts';
import { eventLoop } from '../src/event-loop.ts';
import { saveEnrolment } from '../src/identity/enrolment.ts';
import { createIdentity } from '../src/identity/identity.ts';
import { createVault } from '../src/identity/vault.ts';
import type { CloudLink } from '../src/sync/cloud-link.ts';

const random = (length: number) => new Uint8Array(randomBytes(length));

/** Nobody there. */
const noCloud: CloudLink = {
  sendBatch: silence,
  heldEpochs: silence,
  cloudJournal: silence,
  awaitHint: silence,
  askForReversal: silence,
  plan: silence,
};
async function silence(): Promise<never> {
  throw new Fault('cloud-unreachable', 'no cloud in this test');
}

/** @returns signs as its cloud */
export function enrolByHand(dataDir: string): Sign {
  const vault = createVault(boxFiles(dataDir).vault, null, random);
  createIdentity(vault, random);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  saveEnrolment(vault, {
    tenantId: 1 as TenantId,
    eventId: 7 as EventId,
    boxId: 3 as BoxId,
    epoch: 1 as Epoch,
    cloudPublicKey: toHex(der.subarray(-32)),
    keySets: [
      {
        number: 1 as KeySetNumber,
        purse: '01'.repeat(16),
        access: '02'.repeat(16),
        password: '03'.repeat(16),
      },
    ],
  });
  return message => new Uint8Array(sign(null, message, privateKey));
}

export interface Given {
  readonly readers?: readonly object[];
  readonly virtualReaders?: ReadonlyMap<TillId, Reader>;
  readonly healthPort?: number;
  readonly link?: CloudLink;
}

export function startSample(
  dataDir: string,
  { readers = [], healthPort = 0, ...given }: Given = {},
): Promise<Box> {
  const settings = {
    dataDir,
    cloud: { url: 'https://cloud.invalid' },
    mqtt: { host: '127.0.0.1', port: 0 },
    healthPort,
    readers,
  };
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const ports: BoxPorts = {
    clock: { wallMs: () => Date.now(), monoMs: () => performance.now() },
    random,
    crypto: webcrypto,
    loop: eventLoop,
    log: quiet,
    readFile: path => readFileSync(join(dataDir, path), 'utf8'),
    link: noCloud,
    ...given,
  };
  return startBox(readConfig(JSON.stringify(settings), {}), null, ports);
}

/** A till's client, connected and listening to everything that is for it. */
export async function connectTill(
  box: Box,
  till: string,
): Promise<{ client: MqttClient; heard: Map<string, unknown> }> {
  const { ca, cert, key, serverName } = await box.issueTerminal(till);
  const client = await mqtt.connectAsync(
    `mqtts://127.0.0.1:${box.mqttPort}`,
    { protocolVersion: 4, clientId: till, ca, cert, key, servername: serverName, reconnectPeriod: 0 },
    false,
  );
  const heard = new Map<string, unknown>();
  client.on('message', (topic, payload) => void heard.set(topic, JSON.parse(payload.toString())));
  const leaves = ['result', 'prompt', 'reader/state', 'reader/script'];
  await client.subscribeAsync([...leaves.map(leaf => `till/${till}/${leaf}`), 'box/state'], { qos: 1 });
  await client.publishAsync(`till/${till}/presence`, '{"online":true}', { qos: 1, retain: true });
  return { client, heard };
}
