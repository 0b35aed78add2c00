import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { certifyTerminal, createCa, issueServerCertificate, issueTerminalCertificate } from './ca.ts';

const ca = await createCa(crypto, 'box-1');
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

test('a terminal certificate carries the terminal id as its whole subject and is signed by the CA', async () => {
  const till = await issueTerminalCertificate(crypto, ca, 'bar-1');
  const certificate = new X509Certificate(till.cert);
  const authority = new X509Certificate(ca.cert);
  expect(certificate.subject).toBe('CN=bar-1');
  expect(certificate.checkIssued(authority)).toBe(true);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(till.key))).toBe(true);
  expect(certificate.serialNumber.toLowerCase()).toBe(till.serial);
  expect(certificate.ca).toBe(false);
});

test('no certificate ends, and each begins with Unix time, so no clock can close the bar', async () => {
  const server = await issueServerCertificate(crypto, ca, 'box-1', []);
  for (const { cert } of [ca, server, await issueTerminalCertificate(crypto, ca, 'bar-1')]) {
    const certificate = new X509Certificate(cert);
    expect(certificate.validFromDate.getTime()).toBe(0);
    // GeneralizedTime of 15 characters, to the letter: no fraction of a second, as RFC 5280 section 4.1.2.5.2 wants.
    expect(certificate.raw.includes(Buffer.from('\x18\x0f99991231235959Z', 'latin1'))).toBe(true);
  }
});

test('a terminal key is for clients only, the broker key for servers only', async () => {
  const server = new X509Certificate((await issueServerCertificate(crypto, ca, 'box-1', [])).cert);
  const till = new X509Certificate((await issueTerminalCertificate(crypto, ca, 'bar-1')).cert);
  expect(server.keyUsage).toEqual([SERVER_AUTH]);
  expect(till.keyUsage).toEqual([CLIENT_AUTH]);
});

test('the broker certificate answers to the box name, host names and addresses', async () => {
  const names = ['box.local', '10.0.0.7', 'fd00::7'];
  const server = new X509Certificate((await issueServerCertificate(crypto, ca, 'box-1', names)).cert);
  expect(server.checkHost('box-1')).toBe('box-1');
  expect(server.checkHost('box.local')).toBe('box.local');
  expect(server.checkIP('10.0.0.7')).toBe('10.0.0.7');
  expect(server.checkIP('fd00::7')).toBe('fd00::7');
  expect(server.checkHost('other.local')).toBeUndefined();
});

test('a terminal that keeps its own key gets a certificate over it', async () => {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = own.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const certificate = new X509Certificate((await certifyTerminal(crypto, ca, 'bar-1', spki)).cert);
  expect(certificate.checkPrivateKey(own.privateKey)).toBe(true);
});

test('a key on another curve, or no key at all, gets no certificate', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const spki = other.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  for (const bad of [spki, 'no key']) {
    await expect(certifyTerminal(crypto, ca, 'bar-1', bad)).rejects.toMatchObject({ code: 'bad-public-key' });
  }
});

test('a damaged CA key is named as such', async () => {
  const damaged = { ...ca, key: ca.cert };
  await expect(issueTerminalCertificate(crypto, damaged, 'bar-1')).rejects.toMatchObject({
    code: 'bad-ca-key',
  });
});

test.each(['', 'Bar 1', 'bar-1, O=x', 'bar/+', 'a'.repeat(33), '-bar'])(
  '%j is no name for a terminal',
  async name => {
    await expect(issueTerminalCertificate(crypto, ca, name)).rejects.toMatchObject({
      code: 'bad-certificate-name',
    });
  },
);

test('every certificate has its own serial', async () => {
  const issued = await Promise.all(
    Array.from({ length: 20 }, () => issueTerminalCertificate(crypto, ca, 'bar-1')),
  );
  expect(new Set(issued.map(({ serial }) => serial)).size).toBe(20);
  for (const { serial } of issued) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
});
