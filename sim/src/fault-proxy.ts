/**
 * A TCP proxy that misbehaves on command: the cable between a box and the cloud. It sees bytes, not messages, so what it does is what a
 * network does: connections end, stall, or take longer.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export interface FaultProxyOptions {
  readonly targetHost: string;
  readonly targetPort: number;
  /** Where it listens; left out: any free one. */
  readonly port?: number;
}

type Cable = 'whole' | 'cut' | 'black-hole' | 'deaf' | 'mute';
/** Those in which connections stand and bytes are swallowed. */
const SILENT: ReadonlySet<Cable> = new Set(['black-hole', 'deaf', 'mute']);

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** Whatever is in between has lost it from its tables: nothing passes any more, and neither end is told. */
  isForgotten: boolean;
}

export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #target: Pick<FaultProxyOptions, 'targetHost' | 'targetPort'>;
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

  /** Listens on loopback. */
  static async start(target: FaultProxyOptions): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(target.port ?? 0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port to listen on');
    return new FaultProxy(server, address.port, target);
  }

  get cable(): Cable {
    return this.#cable;
  }

  /** New connections go there from now on. */
  retarget(targetPort: number): void {
    this.#target = { ...this.#target, targetPort };
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

  /** The other way round: nothing that is asked gets through, and what the far end says by itself does. */
  mute(): void {
    this.#cable = 'mute';
  }

  /** Connections that stand are forgotten without a word, and both ends keep them; new ones are as good as ever. */
  forget(): void {
    for (const pair of this.#pairs) pair.isForgotten = true;
  }

  /** The cable is back. What was swallowed is lost, and its connections with it. */
  mend(): void {
    if (SILENT.has(this.#cable)) this.#end();
    this.#cable = 'whole';
  }

  /** Holds every piece back for so long, in each direction. */
  delay(ms: number): void {
    this.#latencyMs = ms;
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    this.#pairs.clear();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    near.on('error', () => near.destroy());
    if (this.#cable === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = dial({ host: this.#target.targetHost, port: this.#target.targetPort, allowHalfOpen: true });
    const pair: Pair = { near, far, isForgotten: false };
    this.#pairs.add(pair);
    for (const socket of [near, far]) {
      const part = () => this.#part(pair, socket);
      socket.on('error', part).on('close', part);
    }
    this.#carry(pair, near, far);
    this.#carry(pair, far, near);
    if (this.#cable === 'black-hole') {
      near.pause();
      far.pause();
    }
  }

  /** The other end hears of it as it would hear anything else. */
  #part(pair: Pair, gone: Socket): void {
    const { near, far } = pair;
    gone.destroy();
    if (!this.#swallows(pair, gone)) (gone === near ? far : near).destroy();
    if (near.destroyed && far.destroyed) this.#pairs.delete(pair);
  }

  #carry(pair: Pair, from: Socket, to: Socket): void {
    const line = new Line(() => this.#latencyMs);
    from.on('data', piece => {
      if (this.#swallows(pair, from)) return;
      this.passedBytes += piece.length;
      line.send(() => {
        if (to.destroyed || to.write(piece)) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
    });
    from.on('end', () => {
      if (!this.#swallows(pair, from)) line.send(() => to.end());
    });
  }

  #swallows({ near, isForgotten }: Pair, from: Socket): boolean {
    return isForgotten || this.#cable === 'black-hole' || this.#cable === (from === near ? 'mute' : 'deaf');
  }

  #end(): void {
    for (const pair of [...this.#pairs]) {
      if (pair.isForgotten) continue;
      this.#pairs.delete(pair);
      pair.near.resetAndDestroy();
      pair.far.resetAndDestroy();
    }
  }
}

/** One direction of a connection: what goes in comes out so much later, in its order, even if the latency has changed meanwhile. */
class Line {
  readonly #latencyMs: () => number;
  readonly #held: { readonly dueMs: number; readonly act: () => void }[] = [];

  constructor(latencyMs: () => number) {
    this.#latencyMs = latencyMs;
  }

  send(act: () => void): void {
    const latencyMs = this.#latencyMs();
    if (latencyMs === 0 && this.#held.length === 0) {
      act();
      return;
    }
    this.#held.push({ dueMs: performance.now() + latencyMs, act });
    if (this.#held.length === 1) this.#wait();
  }

  #wait(): void {
    const [next] = this.#held;
    if (next === undefined) return;
    const act = () => {
      this.#held.shift();
      next.act();
      this.#wait();
    };
    setTimeout(act, Math.max(0, next.dueMs - performance.now()));
  }
}
