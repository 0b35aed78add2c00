import type { Socket } from 'node:net';

/**
 * Where a socket stands until its CONNECT is accepted: from the first SYN, through the TLS handshake, to the broker's
 * yes. Places are few and time is short, so strangers can't eat the box's memory, and whoever is already in doesn't
 * notice them. A socket that finds no place is closed at once; a till simply dials again.
 */
export interface WaitingLimits {
  /** Sockets that may wait at the same time. */
  readonly places: number;
  /** Time from the accepted socket to the accepted CONNECT. */
  readonly deadlineMs: number;
}

export type WaitingRefusal = 'too-many-waiting' | 'too-slow';

export class WaitingRoom {
  readonly #limits: WaitingLimits;
  readonly #refuse: (refusal: WaitingRefusal, peer: string) => void;
  readonly #waiting = new Map<string, { readonly raw: Socket; readonly deadline: NodeJS.Timeout }>();

  constructor(limits: WaitingLimits, refuse: (refusal: WaitingRefusal, peer: string) => void) {
    this.#limits = limits;
    this.#refuse = refuse;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Gives the socket a place, or closes it. True when it has one. */
  enter(raw: Socket): boolean {
    const peer = peerOf(raw);
    // Gone before it was even accepted.
    if (peer === undefined) {
      raw.destroy();
      return false;
    }
    if (this.#waiting.size >= this.#limits.places) {
      this.#refuse('too-many-waiting', peer);
      raw.destroy();
      return false;
    }
    const deadline = setTimeout(() => {
      this.#refuse('too-slow', peer);
      raw.destroy();
    }, this.#limits.deadlineMs);
    this.#waiting.set(peer, { raw, deadline });
    raw.once('close', () => this.#leave(peer));
    return true;
  }

  /** The peer is no stranger any more: no deadline, and its place is free again. */
  admit(peer: string): void {
    this.#leave(peer);
  }

  close(): void {
    for (const { raw } of this.#waiting.values()) raw.destroy();
  }

  #leave(peer: string): void {
    clearTimeout(this.#waiting.get(peer)?.deadline);
    this.#waiting.delete(peer);
  }
}

/** Address and port, which name a live TCP connection uniquely; undefined when it is gone. */
export function peerOf(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): string | undefined {
  if (socket.remoteAddress === undefined || socket.remotePort === undefined) return undefined;
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
