import { Duplex } from 'node:stream';
import type { GuardRefusal, LengthGuard } from './guard.ts';
import type { Identity } from './revocation.ts';

/**
 * What the MQTT broker sees of a terminal: the decrypted stream behind the length guard. Backpressure goes through
 * in both directions: an unread chunk pauses the socket, a full socket makes writes wait. At most one chunk is held.
 */
export class Connection extends Duplex {
  readonly identity: Identity;
  /** Address and port of the other end. */
  readonly peer: string;
  /** Decrypted bytes that the terminal sent so far, refused ones included. */
  received = 0;
  /** Something of it was refused; what follows from that (the error of a closed stream) is no news. */
  refused = false;
  readonly #socket: Duplex;
  readonly #guard: LengthGuard;
  readonly #refuse: (refusal: GuardRefusal) => void;
  /** What came behind CONNECT in the same chunk, until that is accepted. */
  #held: Uint8Array | undefined;

  constructor(
    socket: Duplex,
    peer: string,
    identity: Identity,
    guard: LengthGuard,
    refuse: (connection: Connection, refusal: GuardRefusal) => void,
  ) {
    super({ readableHighWaterMark: 16_384, writableHighWaterMark: 65_536 });
    this.identity = identity;
    this.peer = peer;
    this.#socket = socket;
    this.#guard = guard;
    this.#refuse = refusal => refuse(this, refusal);
    socket.on('data', chunk => this.#take(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
    // Nothing is read before someone reads from us.
    socket.pause();
  }

  /** Bytes for the terminal that the network hasn't taken yet. */
  get unsent(): number {
    return this.writableLength + this.#socket.writableLength;
  }

  /** The broker accepted CONNECT: what was held goes on. */
  accept(): void {
    this.#guard.accept();
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined || this.#take(held, false)) this.#socket.resume();
  }

  /** Passes on what may pass; false when the socket has to wait. */
  #take(chunk: Uint8Array, isNew = true): boolean {
    if (this.destroyed) return false;
    if (isNew) this.received += chunk.length;
    const verdict = this.#guard.inspect(chunk);
    if ('refuse' in verdict) {
      this.#refuse(verdict.refuse);
      this.destroy();
      return false;
    }
    if (verdict.pass < chunk.length) this.#held = chunk.subarray(verdict.pass);
    const wantsMore = verdict.pass === 0 || this.push(chunk.subarray(0, verdict.pass));
    if (wantsMore && !this.#guard.holding) return true;
    this.#socket.pause();
    return false;
  }

  override _read(): void {
    if (!this.#guard.holding) this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (this.#socket.write(chunk)) done();
    else this.#socket.once('drain', done);
  }

  /** The broker corks a packet's small pieces; together they are one TLS record. */
  override _writev(chunks: { chunk: Uint8Array }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(piece => piece.chunk)), 'utf8', done);
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#held = undefined;
    this.#socket.destroy();
    done(error);
  }
}
