/** The part of nfc-pcsc 0.8.1 that `pcsc-child.ts` uses; the package brings no types. */
declare module 'nfc-pcsc' {
  import type { EventEmitter } from 'node:events';

  /** The binding's own reader, below nfc-pcsc's. */
  interface NativeReader {
    readonly SCARD_RESET_CARD: number;
    disconnect(disposition: number, done: (error: Error | undefined | null) => void): void;
  }

  /** Emits `card` once it is connected, `card.off`, `error`, and `end` when the reader is gone. */
  export interface Reader extends EventEmitter {
    readonly name: string;
    readonly reader: NativeReader;
    /** False: tell of cards and do nothing by itself. */
    autoProcessing: boolean;
    connection: object | null;
    connect(): Promise<object>;
    /** Throws when no card is connected; resolves with an empty buffer when it is torn away meanwhile. */
    transmit(apdu: Buffer, responseMaxLength: number): Promise<Buffer>;
  }

  /** Emits `reader` and `error`. Its constructor never returns while pcscd is down. */
  export class NFC extends EventEmitter {
    close(): void;
  }
}
