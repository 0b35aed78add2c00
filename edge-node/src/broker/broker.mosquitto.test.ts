import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type BrokerBox, startBrokerBox } from '../../test/broker-box.ts';
import { hasDebianTool } from '../../test/debian.ts';
import { type CertifiedKey, createCa, issueTerminalCertificate } from './ca.ts';

/** A client that isn't ours and isn't JavaScript: whoever builds a terminal in another language starts here. */
describe.runIf(hasDebianTool('mosquitto_pub', 'mosquitto-clients'))('with mosquitto', () => {
  test('a till with its certificate publishes and is answered', async () => {
    const box = await startBrokerBox();
    const heard: string[] = [];
    box.broker.onRequest((terminalId, verb, payload) => {
      heard.push(`${terminalId} ${verb} ${Buffer.from(payload).toString()}`);
    });
    const identity = await box.issue('bar-1');
    const will = [
      '--will-topic',
      'till/bar-1/presence',
      '--will-payload',
      '{"online":false}',
      '--will-retain',
    ];
    const sent = await run(box, 'pub', identity, [
      '-i',
      'bar-1',
      '-t',
      'till/bar-1/balance',
      '-m',
      'hi',
      '-q',
      '1',
      ...will,
    ]);
    expect(sent).toMatchObject({ status: 0 });
    await vi.waitFor(() => expect(heard).toEqual(['bar-1 balance hi']));

    box.broker.publish('bar-1', 'reader/state', Buffer.from('up'), { retain: true });
    const got = await run(box, 'sub', identity, ['-i', 'bar-1', '-t', 'till/bar-1/#', '-C', '1', '-v']);
    expect(got).toMatchObject({ status: 0, output: 'till/bar-1/reader/state up\n' });
  });

  test('without a certificate, with a foreign one, or in plaintext it gets nowhere', async () => {
    const box = await startBrokerBox();
    const heard = vi.fn();
    box.broker.onRequest(heard);
    const publish = ['-i', 'bar-1', '-t', 'till/bar-1/balance', '-m', 'hi', '-q', '1'];
    const foreign = await issueTerminalCertificate(crypto, await createCa(crypto, 'box-1'), 'bar-1');
    expect((await run(box, 'pub', undefined, publish)).status).not.toBe(0);
    expect((await run(box, 'pub', foreign, publish)).status).not.toBe(0);
    expect((await run(box, 'pub', 'plaintext', publish)).status).not.toBe(0);
    expect(new Set(box.refusals)).toEqual(new Set(['no-certificate', 'foreign-certificate', 'plaintext']));
    expect(heard).not.toHaveBeenCalled();
  });

  test("another till's topics and client id are refused", async () => {
    const box = await startBrokerBox();
    const identity = await box.issue('bar-1');
    const foreignTopic = ['-i', 'bar-1', '-t', 'till/bar-2/balance', '-m', 'hi', '-q', '1'];
    const foreignId = ['-i', 'bar-2', '-t', 'till/bar-2/balance', '-m', 'hi', '-q', '1'];
    const foreignFilter = ['-i', 'bar-1', '-t', '#', '-C', '1', '-W', '5'];
    expect((await run(box, 'pub', identity, foreignTopic)).status).not.toBe(0);
    expect((await run(box, 'pub', identity, foreignId)).status).not.toBe(0);
    expect((await run(box, 'sub', identity, foreignFilter)).output).toContain('denied');
    expect(new Set(box.refusals)).toEqual(
      new Set(['forbidden-topic', 'wrong-client-id', 'forbidden-subscription']),
    );
  });
});

/** Runs mosquitto_pub or mosquitto_sub against the box; its exit status and all it printed. */
async function run(
  box: BrokerBox,
  verb: 'pub' | 'sub',
  identity: CertifiedKey | 'plaintext' | undefined,
  args: string[],
): Promise<{ status: number; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pulsera-mosquitto-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = async (name: string, pem: string) => {
    await writeFile(join(folder, name), pem, { mode: 0o600 });
    return join(folder, name);
  };
  const tls = identity === 'plaintext' ? [] : ['--cafile', await file('ca.pem', box.ca.cert)];
  if (typeof identity === 'object') {
    tls.push('--cert', await file('cert.pem', identity.cert), '--key', await file('key.pem', identity.key));
  }
  const command = ['-h', '127.0.0.1', '-p', String(box.broker.port), ...tls, ...args];
  return new Promise(resolve => {
    const child = execFile(`mosquitto_${verb}`, command, { timeout: 10_000 }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, output: stdout + stderr });
    });
  });
}
