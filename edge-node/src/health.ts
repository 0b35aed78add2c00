/** `/health` and `/metrics` over HTTP, on loopback only: what watches a box runs on the box, or tunnels to it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Registry } from 'prom-client';
import type { PcscState } from './device/pcsc/station.ts';
import type { SyncState } from './sync/sync.ts';

export interface BoxHealth {
  /** `ok`: sells and syncs. `degraded`: sells, and something is wrong. `down`: does not sell. */
  readonly status: 'ok' | 'degraded' | 'down';
  /** What is wrong, as stable words. */
  readonly problems: readonly string[];
  readonly box: number;
  readonly event: number;
  readonly uptimeS: number;
  readonly plan: number;
  readonly journal: {
    readonly epoch: number;
    readonly seq: number;
    readonly pendingTaps: number;
    readonly hasRoom: boolean;
  };
  readonly sync: SyncState;
  readonly cutOffMs: number;
  /** The cloud's clock minus ours when we last signed in; null before. */
  readonly clockBehindMs: number | null;
  readonly keys: 'unwrapped' | 'passphrase';
  readonly mqttPort: number;
  /** `waiting`: connections that haven't proven who they are. */
  readonly terminals: { readonly online: number; readonly sessions: number; readonly waiting: number };
  readonly readers: readonly {
    readonly till: string;
    readonly name: string;
    readonly state: 'up' | 'down' | 'none';
    readonly reason: string | null;
  }[];
  /** Null where no reader is wired to the box. */
  readonly pcsc: PcscState | null;
}

/** A clock this far off is worth a word; it closes nothing. */
const CLOCK_TOLERANCE_MS = 60_000;

type Judged = Omit<BoxHealth, 'status' | 'problems'>;

/** Pure: what follows from the figures. */
export function judge(figures: Judged): BoxHealth {
  const { plan, journal, cutOffMs, clockBehindMs, readers, sync } = figures;
  const fatal = [plan === 0 && 'no-plan', !journal.hasRoom && 'no-room'];
  const worries = [
    cutOffMs > 0 && 'cut-off',
    clockBehindMs !== null && Math.abs(clockBehindMs) > CLOCK_TOLERANCE_MS && 'clock-wrong',
    readers.some(({ state }) => state === 'down') && 'reader-down',
    Object.values(sync.failing).some(code => code !== 'cloud-unreachable') && 'sync-failing',
  ];
  const named = (words: readonly (string | false)[]) => words.filter(word => word !== false);
  const problems = [...named(fatal), ...named(worries)];
  const status = named(fatal).length > 0 ? 'down' : problems.length > 0 ? 'degraded' : 'ok';
  return { status, problems, ...figures };
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws Fault `health-port-taken` */
export async function serveHealth(
  port: number,
  health: () => BoxHealth,
  registry: Registry,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    if (request.method !== 'GET') return void answer(405, 'text/plain', 'GET only\n');
    if (request.url === '/health') {
      const now = health();
      return void answer(now.status === 'down' ? 503 : 200, 'application/json', `${JSON.stringify(now)}\n`);
    }
    if (request.url !== '/metrics') return void answer(404, 'text/plain', '/health or /metrics\n');
    registry.metrics().then(
      text => answer(200, registry.contentType, text),
      () => answer(500, 'text/plain', 'metrics failed\n'),
    );
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new Fault(
          'health-port-taken',
          `Something listens on 127.0.0.1:${port} already: set another healthPort.`,
          {
            cause,
            detail: { port },
          },
        ),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}
