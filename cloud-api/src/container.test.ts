/** No container engine is at hand where this is built, so the two files are held to the code they start. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configFromEnvironment } from './config.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What somebody sets before `docker compose up`. */
const SECRETS: Readonly<Record<string, string>> = {
  POSTGRES_PASSWORD: 'abc123',
  PULSERA_CLOUD_ADMIN_TOKEN: 'a'.repeat(48),
  PULSERA_CLOUD_MASTER_KEY: '0'.repeat(64),
  PULSERA_CLOUD_SIGNING_KEY: '1'.repeat(64),
};

it('the environment in docker-compose.yml is one the cloud starts with, on the port that is published', () => {
  const compose = read('docker-compose.yml');
  const set = [...compose.matchAll(/^ {6}(DATABASE_URL|PULSERA_\w+): (.+)$/gm)].map(
    ([, name, value = '']) => [
      name,
      value.replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, secret: string) => SECRETS[secret] ?? 'not set'),
    ],
  );
  const config = configFromEnvironment(Object.fromEntries(set));
  expect(config).toMatchObject({
    host: '0.0.0.0',
    database: { ownerUrl: 'postgres://pulsera:abc123@database:5432/pulsera' },
    secrets: { masterKey: SECRETS.PULSERA_CLOUD_MASTER_KEY },
  });
  expect(compose).toContain(`'127.0.0.1:8080:${config.port}'`);
  expect(compose).toContain(`http://127.0.0.1:${config.port}/health`);
  expect(existsSync(join(ROOT, /dockerfile: (\S+)/.exec(compose)?.[1] ?? ''))).toBe(true);
});

it('the image copies what there is, starts what it copied, and runs on the Node of this project', () => {
  const dockerfile = read('cloud-api/Dockerfile');
  const sources = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, from = '']) => from.split(' '));
  expect(sources.filter(source => !existsSync(join(ROOT, source)))).toEqual([]);
  const started = /CMD \[.*"([^"]+)"\]/.exec(dockerfile)?.[1] ?? '';
  expect(sources.some(source => started.startsWith(`${source}/`))).toBe(true);
  expect(existsSync(join(ROOT, started))).toBe(true);
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };
  expect(dockerfile).toContain(`FROM node:${devDependencies.node.split('.')[0]}-`);
});
