import { createHash, generateKeyPairSync, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { boxFiles } from '../box-files.ts';
import { type Credentials, openCredentials } from '../credentials.ts';
import { eventLoop } from '../event-loop.ts';
import { saveEnrolment } from '../identity/enrolment.ts';
import { createIdentity } from '../identity/identity.ts';
import { createVault } from '../identity/vault.ts';
import { readRevocations } from '../revocations.ts';
import { certify, revoke, terminals } from './certify.ts';

const random = (length: number) => new Uint8Array(randomBytes(length));
const ports = {
  clock: { wallMs: () => 1_795_000_000_000, monoMs: () => 0 },
  loop: eventLoop,
  random,
  crypto: webcrypto,
  readFile: (path: string) => readFileSync(path, 'utf8'),
};

let dir: string;
let credentials: Credentials;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pulsera-certify-'));
  const { vault: folder } = boxFiles(dir);
  const vault = createVault(folder, null, random);
  createIdentity(vault, random);
  saveEnrolment(vault, {
    tenantId: 1,
    eventId: 7,
    boxId: 3,
    epoch: 1,
    cloudPublicKey: createHash('sha256').update('cloud').digest('hex'),
    keySets: [{ number: 1, purse: '01'.repeat(16), access: '02'.repeat(16), password: '03'.repeat(16) }],
  } as Parameters<typeof saveEnrolment>[1]);
  credentials = openCredentials(folder, null, random);
});
afterEach(() => rmSync(dir, { recursive: true }));

const till = (terminal: string, more: object = {}) =>
  certify(dir, credentials, { terminal, folder: join(dir, `out-${terminal}`), ...more }, ports);
const pem = (folder: string, name: string) => readFileSync(join(dir, folder, name), 'utf8');

it('puts certificate, key and authority into a folder that only its owner reads, and on record', async () => {
  const certified = await till('bar-1');
  expect(certified).toMatchObject({ files: ['ca.pem', 'cert.pem', 'key.pem'], serverName: 'box-3' });
  const folder = join(dir, 'out-bar-1');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  const cert = new X509Certificate(pem('out-bar-1', 'cert.pem'));
  expect(cert.verify(new X509Certificate(pem('out-bar-1', 'ca.pem')).publicKey)).toBe(true);
  expect(cert.subject).toBe('CN=bar-1');
  expect(terminals(dir)).toEqual([certified.terminal]);
  expect(certified.warning).toContain('There is no plan yet');
});

it('certifies a key that the till keeps, and has no other to give away', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await till('bar-1', { publicKey: publicKey.export({ format: 'pem', type: 'spki' }) });
  expect(readdirSync(join(dir, 'out-bar-1')).sort()).toEqual(['ca.pem', 'cert.pem']);
});

it('gives a till one at a time, and --replace shuts the old one out', async () => {
  const first = await till('bar-1');
  await expect(till('bar-1', { folder: join(dir, 'again') })).rejects.toEqual(thrown('terminal-certified'));
  await expect(till('bar-1', { replace: true })).rejects.toEqual(thrown('certificate-folder-taken'));
  const second = await till('bar-1', { folder: join(dir, 'again'), replace: true });
  expect(terminals(dir).map(({ serial, isRevoked }) => [serial, isRevoked])).toEqual([
    [first.terminal.serial, true],
    [second.terminal.serial, false],
  ]);
  expect(readRevocations(boxFiles(dir).revoked)).toEqual([{ serial: first.terminal.serial }]);
});

it('revokes by till or by serial, once, and the till can be certified anew', async () => {
  const { terminal } = await till('bar-1');
  const asTyped = terminal.serial.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
  expect(revoke(dir, asTyped)).toEqual([{ ...terminal, isRevoked: true }]);
  revoke(dir, 'bar-1');
  expect(readRevocations(boxFiles(dir).revoked)).toHaveLength(1);
  await till('bar-1', { folder: join(dir, 'again') });
  expect(() => revoke(dir, 'bar-2')).toThrow(thrown('terminal-unknown'));
  await expect(till('Bar 1')).rejects.toEqual(thrown('bad-certificate-name'));
});
