/** The CardChannel port: what a PC/SC library must offer for `PcscReader` to stand on it. One channel is one reader. */

export type ChannelSignal =
  | { readonly kind: 'card-present' }
  | { readonly kind: 'card-removed' }
  | { readonly kind: 'reader-up' }
  | { readonly kind: 'reader-down'; readonly reason: string };

export interface CardChannel {
  /** As PC/SC names it; tells what the reader can do. */
  readonly readerName: string;
  /**
   * One APDU to the card or the reader, and the response with its SW1 SW2. An empty response says that the card is gone.
   * Rejects only when the reader itself or its service has failed.
   */
  transmit(apdu: Uint8Array): Promise<Uint8Array>;
  /** Takes power from the card and gives it back (SCardReconnect with a reset), where the library can. */
  reset?(): Promise<void>;
  /** Signals come in order; returns the way to unsubscribe. A channel starts up, with no card. */
  onSignal(listener: (signal: ChannelSignal) => void): () => void;
  close(): Promise<void>;
}
