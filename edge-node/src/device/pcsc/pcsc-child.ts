/// <reference path="./nfc-pcsc.d.ts" />
/**
 * The reader process: nfc-pcsc and nothing else, so that its faults are no faults of the box. `new NFC()` spins for ever
 * while pcscd is down, and a live one never recovers when pcscd dies; so this process looks for pcscd's socket first, keeps a
 * connection to it, and ends when that is closed. Its parent starts another (`station.ts`).
 */
import { connect, type Socket } from 'node:net';
import { PcscReader } from '@pulsera/firmware-protocol/reader/pcsc';
import { type ReaderServer, serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import type { FromChild, ToChild } from './messages.ts';
import { nfcChannel } from './nfc-channel.ts';

/** Where libpcsclite looks for its service, and the variable it obeys (pcscd(8)). */
const SOCKET = process.env.PCSCLITE_CSOCK_NAME ?? '/run/pcscd/pcscd.comm';
/** Of the signs of life; the parent gives up after 1.4 s without one. */
const BEAT_MS = 400;
const LOOK_AGAIN_MS = 500;
const STUCK_MS = 4_000;

const servers = new Map<string, ReaderServer>();

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

async function main(): Promise<void> {
  process.on('disconnect', () => process.exit());
  process.on('message', message => {
    // Our own parent; the answer goes back whatever it asked.
    const { reader, script } = message as ToChild;
    const server = servers.get(reader);
    if (server === undefined) {
      tell({ kind: 'answer', reader, answer: { script: script.script, answers: [], stopped: 'reader' } });
      return;
    }
    // An exchange that never returns blocks the reader for good; a new process has it back.
    const stuck = setTimeout(() => process.exit(1), STUCK_MS);
    void server.run(script).then(() => clearTimeout(stuck));
  });
  setInterval(() => tell({ kind: 'beat' }), BEAT_MS);
  const driver = await import('nfc-pcsc').catch((error: Error) => error);
  if (driver instanceof Error) {
    tell({ kind: 'driver-missing', message: driver.message.split('\n', 1)[0] ?? '' });
    process.disconnect?.();
    return;
  }
  await service();
  const nfc = new driver.NFC();
  tell({ kind: 'service-up' });
  nfc.on('error', () => process.exit(1));
  nfc.on('reader', device => serve(nfcChannel(device)));
}

/** Resolves once pcscd accepts a connection; this process then ends with that connection. */
async function service(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const socket = await dial();
    if (socket !== undefined) {
      socket.on('error', () => {});
      socket.on('close', () => process.exit(1));
      socket.resume();
      return;
    }
    if (tries === 0) tell({ kind: 'service-down' });
    await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function dial(): Promise<Socket | undefined> {
  return new Promise(resolve => {
    const socket = connect(SOCKET);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

function serve(channel: ReturnType<typeof nfcChannel>): void {
  const name = channel.readerName;
  const reader = new PcscReader(channel);
  const server = serveReader(reader, {
    answer: answer => tell({ kind: 'answer', reader: name, answer }),
    field: field => tell({ kind: 'field', reader: name, field }),
  });
  servers.get(name)?.close();
  servers.set(name, server);
  server.announce();
  channel.onSignal(signal => {
    if (signal.kind !== 'reader-down') return;
    server.close();
    if (servers.get(name) === server) servers.delete(name);
    tell({ kind: 'gone', reader: name });
  });
}

await main();
