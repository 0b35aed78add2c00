/** The settings of a box, and of the cloud: the first byte says whose, and what part of the input is a variable's text. */
import { configFromEnvironment } from '@pulsera/cloud-api/config';
import { readConfig } from '@pulsera/edge-node/config';
import { chosen, json } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

const BOX = {
  dataDir: '/var/lib/pulsera',
  cloud: { url: 'https://cloud.example', caFile: '/etc/ca.pem' },
  mqtt: { host: '0.0.0.0', port: 8883 },
  healthPort: 9464,
  readers: [
    { kind: 'pcsc', name: 'left', till: 'bar-1', match: 'ACR1252' },
    { kind: 'terminal', name: 'right', till: 'bar-2' },
  ],
  logLevel: 'info',
  passphrase: { env: 'BOX_PASSPHRASE' },
  journalMaxMegabytes: 512,
};
const VARIABLES = [
  'PULSERA_EDGE_CLOUD_URL',
  'PULSERA_EDGE_READERS',
  'PULSERA_EDGE_MQTT_PORT',
  'PULSERA_EDGE_PASSPHRASE_FILE',
  'PULSERA_EDGE_JOURNAL_MAX_MEGABYTES',
];
const CLOUD = {
  DATABASE_URL: 'postgres://owner:secret@db/pulsera',
  PULSERA_CLOUD_PORT: '8080',
  PULSERA_CLOUD_ADMIN_TOKEN: 'a'.repeat(24),
  PULSERA_CLOUD_MASTER_KEY: '0f'.repeat(32),
  PULSERA_CLOUD_SIGNING_KEY: '0f'.repeat(32),
  PULSERA_CLOUD_TLS_CERT_FILE: '/etc/cert.pem',
  PULSERA_CLOUD_TLS_KEY_FILE: '/etc/key.pem',
};
const OF_CLOUD = 255;

export const target: Target = {
  shape: 'json',
  from: 1,
  seeds: [
    chosen(0, json(BOX)),
    chosen(0, json({ dataDir: 'x', cloud: { url: 'http://localhost:1' }, passphrase: { file: 'y' } })),
    ...['https://[::1]:1/', BOX.readers, 8883].map((value, i) => chosen(1 + i, json(value))),
    chosen(OF_CLOUD, json(CLOUD)),
  ],
  words: [
    'https://',
    'http://localhost',
    'http://',
    '[::1]',
    ...VARIABLES,
    ...Object.keys(CLOUD),
    'toString',
  ],
  run: input => {
    const text = new TextDecoder().decode(input.subarray(1));
    if (input[0] === OF_CLOUD) return ofCloud(text);
    const variable = VARIABLES[(input[0] ?? 0) - 1];
    const file = variable === undefined ? text : JSON.stringify(BOX);
    const environment = variable === undefined ? {} : { [variable]: text };
    const config = attempt(['config-invalid'], () => readConfig(file, environment));
    if (config === undefined) return false;
    const again = JSON.stringify(readConfig(JSON.stringify(config), {}));
    holds(again === JSON.stringify(config), 'the settings are others when read again');
    return true;
  },
};

function ofCloud(text: string): boolean {
  const value = attempt([SyntaxError], () => JSON.parse(text) as unknown);
  if (typeof value !== 'object' || value === null) return false;
  const texts = Object.entries(value).map(([name, inner]) => [
    name,
    typeof inner === 'string' ? inner : JSON.stringify(inner),
  ]);
  const environment = Object.fromEntries(texts) as Readonly<Record<string, string>>;
  return attempt(['config-invalid'], () => configFromEnvironment(environment)) !== undefined;
}
