/**
 * The length guard that stands before the MQTT parser. It follows the packet boundaries of the decrypted stream
 * (MQTT 3.1.1 section 2.2) and judges a packet by its fixed header alone, before its body has come: a client that
 * declares 256 MB is refused at the fifth byte. It keeps nothing but counters; the bytes stay the caller's.
 *
 * Until CONNECT is accepted only that one packet passes, and it must be short; what follows is held back, so that a
 * stranger can make the box keep one CONNECT and one socket chunk, and no more.
 */
export interface GuardLimits {
  /** Longest CONNECT, fixed header included. */
  readonly connectBytes: number;
  /** Longest packet after CONNECT was accepted, fixed header included. */
  readonly packetBytes: number;
}

export type GuardRefusal = 'not-connect' | 'second-connect' | 'bad-packet-type' | 'bad-length' | 'too-long';

/** `pass`: so many bytes of the chunk may go on now; the rest waits for `accept`. */
export type Verdict = { readonly pass: number } | { readonly refuse: GuardRefusal };

const CONNECT = 1;

export class LengthGuard {
  readonly #limits: GuardLimits;
  #phase: 'connect' | 'hold' | 'open' = 'connect';
  /** Bytes of the current fixed header seen so far, 0 at a packet boundary. */
  #headerBytes = 0;
  #remaining = 0;
  /** Bytes of the current body still to come. */
  #body = 0;

  constructor(limits: GuardLimits) {
    this.#limits = limits;
  }

  get holding(): boolean {
    return this.#phase === 'hold';
  }

  /** The broker took the CONNECT: from here on every packet may pass, up to `packetBytes`. */
  accept(): void {
    this.#phase = 'open';
  }

  /** Judges the next bytes of the stream. After `pass: n` with n short of the chunk, come again with the rest. */
  inspect(chunk: Uint8Array): Verdict {
    let at = 0;
    while (at < chunk.length && this.#phase !== 'hold') {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        at += taken;
        this.#body -= taken;
        if (this.#body === 0) this.#endPacket();
        continue;
      }
      const refuse = this.#header(chunk[at] ?? 0);
      if (refuse !== undefined) return { refuse };
      at += 1;
    }
    return { pass: at };
  }

  /** One byte of a fixed header: type and flags, then 1 to 4 bytes of 7 bits, least significant first. */
  #header(byte: number): GuardRefusal | undefined {
    if (this.#headerBytes === 0) {
      this.#headerBytes = 1;
      this.#remaining = 0;
      return this.#judgeType(byte >> 4);
    }
    this.#remaining += (byte & 0x7f) * 128 ** (this.#headerBytes - 1);
    this.#headerBytes += 1;
    if (byte >= 0x80) return this.#headerBytes === 5 ? 'bad-length' : undefined;
    const limit = this.#phase === 'connect' ? this.#limits.connectBytes : this.#limits.packetBytes;
    if (this.#headerBytes + this.#remaining > limit) return 'too-long';
    this.#body = this.#remaining;
    if (this.#body === 0) this.#endPacket();
    return undefined;
  }

  /** Types 0 and 15 are reserved (table 2.1); CONNECT comes first and only once (section 3.1). */
  #judgeType(type: number): GuardRefusal | undefined {
    if (this.#phase === 'connect') return type === CONNECT ? undefined : 'not-connect';
    if (type === CONNECT) return 'second-connect';
    return type === 0 || type === 15 ? 'bad-packet-type' : undefined;
  }

  #endPacket(): void {
    this.#headerBytes = 0;
    if (this.#phase === 'connect') this.#phase = 'hold';
  }
}
