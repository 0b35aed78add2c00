/** What strangers do at a box's door, one connection each. None of them has a certificate of the box's authority. */

import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';

/** CONNECT that declares 268,435,455 bytes: the most MQTT can say (3.1.1, section 2.2.3). */
const HUGE_CONNECT = Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f);
/** A TLS handshake record, version 1.0 as in any ClientHello, with more bytes than a record may have (RFC 8446, section 5.1). */
const HUGE_RECORD = Uint8Array.of(0x16, 3, 1, 0xff, 0xff);
const SLOW_MS = 100;

export interface Kit {
  readonly port: number;
  readonly random: Random;
  /** A true ClientHello. */
  readonly hello: Uint8Array;
  /** Not of this box. */
  readonly foreign: { readonly cert: string; readonly key: string };
}

/** @returns a socket that fails or ends in its own time */
type Stranger = (kit: Kit) => Duplex;

export const STRANGERS: Readonly<Record<string, Stranger>> = {
  silent: ({ port }) => dial(port),
  garbage: ({ port, random }) => dial(port, random.bytes(1 + random.below(32_768))),
  'huge-connect': ({ port, random }) => dial(port, HUGE_CONNECT, random.bytes(4096)),
  'huge-record': ({ port, random }) => dial(port, HUGE_RECORD, random.bytes(16_384)),
  'half-handshake': ({ port, hello }) => dial(port, hello),
  slow: ({ port, hello }) => {
    const socket = dial(port);
    let at = 0;
    const drip = setInterval(() => socket.write(hello.subarray(at, ++at)), SLOW_MS);
    return socket.once('close', () => clearInterval(drip));
  },
  gone: ({ port }) => {
    const socket = dial(port);
    return socket.once('connect', () => socket.resetAndDestroy());
  },
  'no-certificate': ({ port, random }) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1.3' });
    // In TLS 1.3 a client may speak before it hears that its certificate is refused.
    return socket.once('secureConnect', () => {
      socket.write(HUGE_CONNECT);
      socket.write(random.bytes(4096));
    });
  },
  renegotiation: ({ port, foreign }) => {
    const tls = { rejectUnauthorized: false, maxVersion: 'TLSv1.2', ...foreign } as const;
    const socket = connectTls({ port, host: '127.0.0.1', ...tls });
    const again = () => {
      if (!socket.destroyed) socket.renegotiate({ rejectUnauthorized: false }, again);
    };
    return socket.once('secureConnect', again);
  },
};

function dial(port: number, ...said: readonly Uint8Array[]): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  for (const bytes of said) socket.write(bytes);
  return socket;
}

/** The first flight of a client, caught on its way. */
export function clientHello(): Promise<Uint8Array> {
  return new Promise(resolve => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Uint8Array, _encoding, done) => {
        resolve(new Uint8Array(chunk));
        done();
      },
    });
    connectTls({ socket: wire, rejectUnauthorized: false }).on('error', () => undefined);
  });
}
