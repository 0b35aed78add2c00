import { Fault } from '@pulsera/firmware-protocol/fault';
import { expect, test } from 'vitest';
import { configFromEnvironment, parseConfig } from './config.ts';

const KEY = 'ab'.repeat(32);
const SECRETS = { adminToken: 'a'.repeat(24), masterKey: KEY, signingKey: KEY };

function problems(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, ...error.detail };
    throw error;
  }
  return 'none';
}

test('nothing set is enough: loopback, and a database of its own', () => {
  expect(configFromEnvironment({ PATH: '/bin', PULSERA_CLOUD_HOST: '' })).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    stateFolder: '.pulsera/cloud',
    database: { connections: 10 },
    secrets: {},
  });
});

test('every variable finds its place', () => {
  const config = configFromEnvironment({
    DATABASE_URL: 'postgres://u:p@db:5432/pulsera',
    PULSERA_CLOUD_DATABASE_APP_URL: 'postgresql://a@db/pulsera',
    PULSERA_CLOUD_DATABASE_CONNECTIONS: '25',
    PULSERA_CLOUD_PORT: '0',
    PULSERA_CLOUD_TLS_CERT_FILE: 'cert.pem',
    PULSERA_CLOUD_TLS_KEY_FILE: 'key.pem',
    PULSERA_CLOUD_ADMIN_TOKEN: SECRETS.adminToken,
    PULSERA_CLOUD_MASTER_KEY: KEY,
    PULSERA_CLOUD_SIGNING_KEY: KEY,
    PULSERA_CLOUD_TRUSTED_PROXIES: '1',
    PULSERA_CLOUD_LOG_LEVEL: 'warn',
  });
  expect(config).toMatchObject({
    port: 0,
    tls: { certFile: 'cert.pem', keyFile: 'key.pem' },
    database: {
      ownerUrl: 'postgres://u:p@db:5432/pulsera',
      appUrl: 'postgresql://a@db/pulsera',
      connections: 25,
    },
    secrets: SECRETS,
    trustedProxies: 1,
    logLevel: 'warn',
  });
});

test('every problem is named at once, by its variable', () => {
  const environment = {
    PULSERA_CLOUD_PORT: '80a',
    PULSERA_CLOUD_MASTER_KEY: 'short',
    PULSERA_CLOUD_TLS_CERT_FILE: 'cert.pem',
    PULSERA_CLOUD_LOG_LEVEL: 'loud',
    PULSERA_CLOUD_PROT: '80',
    DATABASE_URL: 'mysql://x',
  };
  expect(problems(() => configFromEnvironment(environment))).toEqual({
    code: 'config-invalid',
    PULSERA_CLOUD_PORT: expect.any(String),
    PULSERA_CLOUD_MASTER_KEY: '32 bytes as 64 lower-case hex characters',
    PULSERA_CLOUD_TLS_KEY_FILE: expect.any(String),
    PULSERA_CLOUD_LOG_LEVEL: expect.any(String),
    PULSERA_CLOUD_PROT: 'not a setting',
    DATABASE_URL: 'a postgres:// connection string',
  });
});

test('with a database elsewhere the secrets must be given, not made', () => {
  const settings = { database: { ownerUrl: 'postgres://db/pulsera' } };
  expect(problems(() => parseConfig(settings))).toMatchObject({
    code: 'config-invalid',
    'secrets.adminToken': expect.any(String),
    'secrets.masterKey': expect.any(String),
    'secrets.signingKey': expect.any(String),
  });
  expect(problems(() => parseConfig({ ...settings, secrets: SECRETS }))).toBe('none');
});
