import { expect, it } from 'vitest';
import { readConfig, readPassphrase } from './config.ts';

const minimal = { dataDir: '/var/lib/pulsera', cloud: { url: 'https://cloud.example' } };
const read = (settings: unknown, environment = {}) => readConfig(JSON.stringify(settings), environment);

function problemsOf(settings: unknown, environment = {}): string {
  try {
    read(settings, environment);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Fault', code: 'config-invalid' });
    return String(error);
  }
  throw new Error('was accepted');
}

it('fills in what is usual', () => {
  expect(read(minimal)).toEqual({
    ...minimal,
    mqtt: { host: '0.0.0.0', port: 8883 },
    healthPort: 9464,
    readers: [],
    logLevel: 'info',
  });
});

it('takes variables over the file, and needs no file', () => {
  const environment = {
    PULSERA_EDGE_DATA_DIR: '/data',
    PULSERA_EDGE_CLOUD_URL: 'http://localhost:8080',
    PULSERA_EDGE_MQTT_PORT: '18883',
    PULSERA_EDGE_READERS: '[{"kind":"virtual","name":"one","till":"bar-1"}]',
    PULSERA_EDGE_PASSPHRASE: 'not a setting',
    HOME: '/root',
  };
  const expected = {
    dataDir: '/data',
    cloud: { url: 'http://localhost:8080' },
    mqtt: { host: '0.0.0.0', port: 18883 },
    readers: [{ kind: 'virtual', name: 'one', till: 'bar-1' }],
  };
  expect(readConfig(undefined, environment)).toMatchObject(expected);
  expect(
    read({ ...minimal, cloud: { url: 'https://x.example', caFile: 'ca.pem' } }, environment).cloud,
  ).toEqual({
    url: 'http://localhost:8080',
    caFile: 'ca.pem',
  });
});

it('reports every problem at once, with its path', () => {
  const reader = { kind: 'pcsc', name: 'one', till: 'bar-1' };
  const problems = problemsOf(
    {
      cloud: { url: 'http://cloud.example', caFiel: 'x' },
      mqtt: { port: 'eighty', hots: '127.0.0.1' },
      healthPort: -1,
      readers: [reader, { ...reader, till: 'Bar 2' }, { kind: 'nfc', name: 'x', till: 'y' }],
      logLevel: 'loud',
      passphrase: { env: 'A', file: 'b' },
      colour: 'red',
    },
    { PULSERA_EDGE_DATADIR: '/data' },
  );
  for (const path of [
    'PULSERA_EDGE_DATADIR',
    'dataDir',
    'cloud.url',
    'cloud.caFiel',
    'mqtt.port',
    'mqtt.hots',
    'healthPort',
    'readers.1.till',
    'readers.2.kind',
    'logLevel',
    'passphrase',
    'colour',
  ]) {
    expect(problems).toContain(`${path}: `);
  }
});

it.each([
  [
    'two readers at one till',
    { readers: [1, 2].map(i => ({ kind: 'virtual', name: `r${i}`, till: 'bar' })) },
    'readers.1.till',
  ],
  [
    'two readers of one name',
    { readers: [1, 2].map(i => ({ kind: 'virtual', name: 'r', till: `b${i}` })) },
    'readers.1.name',
  ],
  ['one port for two', { mqtt: { port: 9000 }, healthPort: 9000 }, 'healthPort'],
  ['a cloud at no URL', { cloud: { url: '' } }, 'cloud.url'],
  ['a cloud in the clear', { cloud: { url: 'http://192.168.1.5' } }, 'cloud.url'],
  ['a cloud that only begins like this machine', { cloud: { url: 'http://localhost.example' } }, 'cloud.url'],
  ['this machine as somebody’s user name', { cloud: { url: 'http://localhost@cloud.example' } }, 'cloud.url'],
])('refuses %s', (_, change, path) => {
  expect(problemsOf({ ...minimal, ...change })).toContain(`${path}: `);
});

it.each(['', '[]', '{"dataDir":'])('refuses the file %j', file => {
  expect(() => readConfig(file, {})).toThrow(/the file: /);
});

it('finds the passphrase where the configuration says', () => {
  const readFile = () => 'from file\n';
  expect(readPassphrase(undefined, {}, readFile)).toBeNull();
  expect(readPassphrase({ env: 'P' }, { P: 'from env' }, readFile)).toBe('from env');
  expect(readPassphrase({ file: '/p' }, {}, readFile)).toBe('from file');
  const missing = expect.objectContaining({ code: 'passphrase-missing' });
  expect(() => readPassphrase({ env: 'P' }, {}, readFile)).toThrow(missing);
  expect(() => readPassphrase({ file: '/p' }, {}, () => '\n')).toThrow(missing);
});
