/**
 * A TCP proxy that misbehaves on command: the cable between a box and the cloud. It sees bytes, not messages, so what it does is what a
 * network does: connections end, stall, or take longer.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export interface FaultProxyOptions {
  readonly targetHost: string;
  readonly targetPort: number;
}

type Cable = 'whole' | 'cut' | 'black-hole' | 'deaf';

export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #target: FaultProxyOptions;
  readonly #pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  #cable: Cable = 'whole';
  #latencyMs = 0;
  /** Bytes that have passed, both ways. */
  passedBytes = 0;

  private constructor(server: Server, port: number, target: FaultProxyOptions) {
    this.#server = server;
    this.port = port;
    this.#target = target;
    server.on('connection', near => this.#join(near));
  }

  /** Listens on loopback, on a free port. */
  static async start(target: FaultProxyOptions): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port to listen on');
    return new FaultProxy(server, address.port, target);
  }

  get cable(): Cable {
    return this.#cable;
  }

  /** Both ends are told at once: connections are reset, new ones refused. */
  cut(): void {
    this.#cable = 'cut';
    this.#end();
  }

  /** Nobody is told: connections stand, new ones are accepted, and not a byte gets through (a half-open link). */
  blackHole(): void {
    this.#cable = 'black-hole';
    for (const { near, far } of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  /** What is asked gets through, and no answer comes back: the far end has done what the near end will ask for again. */
  deafen(): void {
    this.#cable = 'deaf';
  }

  /** The cable is back. What was swallowed is lost, and its connections with it. */
  mend(): void {
    if (this.#cable === 'black-hole' || this.#cable === 'deaf') this.#end();
    this.#cable = 'whole';
  }

  /** Holds every piece back for so long, in each direction. */
  delay(ms: number): void {
    this.#latencyMs = ms;
  }

  async close(): Promise<void> {
    this.#end();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    near.on('error', () => near.destroy());
    if (this.#cable === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = dial({ host: this.#target.targetHost, port: this.#target.targetPort, allowHalfOpen: true });
    const pair = { near, far };
    this.#pairs.add(pair);
    const part = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', part).on('close', part);
    this.#carry(near, far, true);
    this.#carry(far, near, false);
    if (this.#cable === 'black-hole') {
      near.pause();
      far.pause();
    }
  }

  #carry(from: Socket, to: Socket, asks: boolean): void {
    from.on('data', piece => {
      if (this.#cable === 'black-hole' || (this.#cable === 'deaf' && !asks)) return;
      this.passedBytes += piece.length;
      this.#later(() => {
        if (!to.write(piece)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
    from.on('end', () => this.#later(() => to.end()));
  }

  /** At once without latency; timers of equal length fire in order, so pieces stay in order too. */
  #later(act: () => void): void {
    if (this.#latencyMs === 0) act();
    else setTimeout(act, this.#latencyMs);
  }

  #end(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
  }
}
