import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { CertifiedKey } from './ca.ts';
import { Connection } from './connection.ts';
import { type GuardLimits, LengthGuard } from './guard.ts';
import { handshakeRefusal, identityOf } from './handshake.ts';
import type { Refusal, RefusalDetail } from './refusals.ts';
import type { Identity } from './revocation.ts';
import { peerOf, type WaitingLimits, WaitingRoom } from './waiting-room.ts';

/**
 * The way in: TCP, a place in the waiting room, TLS with a client certificate of the box's own CA, revocation, and the
 * length guard. What comes out is a Connection whose name is proven and that has said nothing yet.
 */
export interface DoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM of the CA whose terminals may come in. */
  readonly caCert: string;
  readonly server: CertifiedKey;
  readonly limits: GuardLimits & WaitingLimits;
  isRevoked(identity: Identity): boolean;
  refuse(refusal: Refusal, detail: RefusalDetail): void;
  connected(connection: Connection): void;
}

export interface Door {
  readonly port: number;
  readonly waiting: number;
  /** The connection's CONNECT was accepted. */
  admit(connection: Connection): void;
  /** Resolves when every socket is gone; those that were admitted must be ended by their owner. */
  close(): Promise<void>;
}

/** Faults: `bad-broker-certificate`, `broker-port-taken`, `broker-cannot-listen`. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const room = new WaitingRoom(options.limits, (refusal, peer) => options.refuse(refusal, { peer }));
  const tls = createTls(options);
  tls.on('secureConnection', socket => receive(socket, options));
  tls.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const refusal = handshakeRefusal(error.code, socket.authorizationError);
    if (refusal === undefined) return;
    const cause = socket.authorizationError ?? error.code;
    options.refuse(refusal, { peer: peerOf(socket), cause: String(cause) });
  });
  // A plain server takes the sockets, so that they are counted before TLS sees a byte of theirs. No delay: a till waits
  // for every answer, and they are small.
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 }, raw => {
    raw.on('error', () => raw.destroy());
    if (room.enter(raw)) tls.emit('connection', raw);
  });
  const port = await listen(server, options);
  return {
    port,
    get waiting() {
      return room.size;
    },
    admit: connection => room.admit(connection.peer),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        room.close();
      }),
  };
}

function createTls(options: DoorOptions) {
  const settings: TlsOptions = {
    key: options.server.key,
    cert: options.server.cert,
    ca: [options.caCert],
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    // Every connection proves its key anew: a resumed session would carry a verdict from before a revocation.
    secureOptions: constants.SSL_OP_NO_TICKET,
    // The waiting room's deadline comes long before; this one only has to stay out of its way.
    handshakeTimeout: options.limits.deadlineMs * 2,
  };
  try {
    return createTlsServer(settings);
  } catch (cause) {
    throw new Fault(
      'bad-broker-certificate',
      "The broker's key, certificate or CA can't be read; issue a new server certificate from the box's CA.",
      { cause },
    );
  }
}

/** The handshake is done and the certificate is one of ours: whose, and may it come in? */
function receive(socket: TLSSocket, options: DoorOptions): void {
  socket.on('error', () => socket.destroy());
  socket.disableRenegotiation();
  const peer = peerOf(socket);
  const identity = identityOf(socket);
  if (peer === undefined || identity === undefined) {
    if (peer !== undefined) options.refuse('bad-subject', { peer });
    socket.destroy();
    return;
  }
  if (options.isRevoked(identity)) {
    options.refuse('revoked', { peer, ...identity });
    socket.destroy();
    return;
  }
  const guard = new LengthGuard(options.limits);
  const connection = new Connection(socket, peer, identity, guard, (from, refusal) =>
    options.refuse(refusal, { peer, terminalId: identity.terminalId, receivedBytes: from.received }),
  );
  options.connected(connection);
}

function listen(server: Server, { host, port }: DoorOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail = { host, port };
      reject(
        cause.code === 'EADDRINUSE'
          ? new Fault(
              'broker-port-taken',
              'Another process listens on the broker port; stop it or set another.',
              {
                cause,
                detail,
              },
            )
          : new Fault('broker-cannot-listen', "The broker can't listen there; check its host and port.", {
              cause,
              detail,
            }),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
