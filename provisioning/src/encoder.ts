/** The other half of the encoding station: the box's process that holds keys and reader, as an object to talk to. */
import type { ChildProcess } from 'node:child_process';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { FromEncoder, type ToEncoder } from '@pulsera/firmware-protocol/wire/encoding';
import type { Environment } from './arguments.ts';
import { follow, forkBox } from './box-process.ts';

export interface Encoder {
  send(message: ToEncoder): void;
  /** Every message, in order. @returns how to unsubscribe */
  onMessage(listener: (message: FromEncoder) => void): () => void;
  /** Resolves when the process has ended well. @throws Fault why it could not go on */
  readonly ended: Promise<void>;
  /** Lets it finish what it has in hand, and waits for its end. @throws Fault as `ended` */
  stop(): Promise<void>;
}

export function startEncoder(args: readonly string[], env: Environment): Encoder {
  return encoderOf(forkBox(['encode', ...args], env));
}

export function encoderOf(child: ChildProcess): Encoder {
  const listeners = new Set<(message: FromEncoder) => void>();
  child.on('message', received => {
    const message = FromEncoder.parse(received);
    for (const listener of [...listeners]) listener(message);
  });
  // A message to a process that has just ended is nobody's; its end is told by `ended`.
  child.on('error', () => {});
  const send = (message: ToEncoder): void => {
    if (child.connected) child.send(message, () => {});
  };
  const ended = follow(child, () => {}).then(({ failed, code }) => {
    if (failed !== undefined) throw failed;
    // 0: it was told to stop, by us or by the same Ctrl-C.
    if (code === 0) return;
    throw new Fault(
      'encoder-ended',
      `Run this again: the process that holds the keys ended by itself (${code ?? 'killed'}).`,
    );
  });
  // Looked at by whoever waits for it; until then it must not count as nobody's.
  ended.catch(() => {});
  return {
    send,
    onMessage(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ended,
    async stop() {
      send({ kind: 'stop' });
      await ended;
    },
  };
}
