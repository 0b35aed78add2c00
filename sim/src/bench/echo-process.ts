/**
 * What any box must do at least: the real broker, and behind it a handler that answers each charge with as many messages of the
 * same sizes, once 4 KB are durable. Requests that come in together share one write to the disk, as they do in the journal.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Broker, startBroker } from '@pulsera/edge-node/broker/broker';
import { createCa, issueServerCertificate, issueTerminalCertificate } from '@pulsera/edge-node/broker/ca';
import type { TerminalAccess } from '@pulsera/edge-node/credentials';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Prompt, TapResult } from '@pulsera/firmware-protocol/wire/till';
import { world } from '../demo/world.ts';
import { cpuUs, serve } from './child.ts';

const NAME = 'echo';
const BLOCK = new Uint8Array(4096).fill(0x5a);

let broker: Broker | undefined;
let file: number | undefined;
const ca = await createCa(world.crypto, NAME);

const answers = {
  /** @returns the broker's port */
  async start(folder: string): Promise<number> {
    file = openSync(join(folder, 'echo'), 'w');
    const server = await issueServerCertificate(world.crypto, ca, NAME, ['127.0.0.1']);
    broker = await startBroker({
      host: '127.0.0.1',
      port: 0,
      caCert: ca.cert,
      server,
      revoked: [],
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    echo(broker, file);
    return broker.port;
  },
  async certify(till: TillId): Promise<TerminalAccess> {
    const issued = await issueTerminalCertificate(world.crypto, ca, till);
    return { till, serverName: NAME, ca: ca.cert, ...issued };
  },
  cpuUs,
};
export type EchoProcess = typeof answers;

serve(answers, async () => {
  await broker?.close();
  if (file !== undefined) closeSync(file);
});

function echo(at: Broker, disk: number): void {
  let waiting: { readonly till: string; readonly tapId: Prompt['tapId'] }[] = [];
  at.onRequest((till, _verb, payload) => {
    const { tapId } = JSON.parse(Buffer.from(payload).toString()) as Pick<Prompt, 'tapId'>;
    const prompt: Prompt = { tapId, ask: 'present-wristband', reason: null };
    at.publish(till, 'prompt', json(prompt));
    if (waiting.push({ till, tapId }) === 1) setImmediate(flush);
  });
  const flush = () => {
    const group = waiting;
    waiting = [];
    writeSync(disk, BLOCK, 0, BLOCK.length, 0);
    fdatasyncSync(disk);
    for (const { till, tapId } of group) at.publish(till, 'result', json(approved(tapId)));
  };
}

function approved(tapId: Prompt['tapId']): TapResult {
  return {
    tapId,
    outcome: 'approved',
    amountMinor: 1450,
    loadedMinor: 0,
    balanceMinor: 16_000_000,
    bonusMinor: 0,
  };
}

const json = (message: Prompt | TapResult) => Buffer.from(JSON.stringify(message));
