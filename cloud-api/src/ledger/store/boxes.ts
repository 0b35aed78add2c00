/** The boxes of an event, as far as the ledger asks: whether one is revoked, how far each obeys, when it was heard. */
import type { BoxId, Seq } from '@pulsera/firmware-protocol/ids';

export interface Obeying {
  readonly box: BoxId;
  /** 0 when nothing is known: no journal yet, or its newest epoch is forked. */
  readonly obeyedSeq: Seq;
}

export interface Heard {
  readonly box: BoxId;
  /** Epoch milliseconds by the cloud's clock; null: never. */
  readonly heardMs: number | null;
}

export interface BoxRecord {
  readonly box: BoxId;
  readonly name: string;
  readonly state: 'enrolled' | 'revoked';
  readonly ed25519PublicKey: Uint8Array;
  readonly enrolledAtMs: number;
  readonly revokedAtMs: number | null;
}

export interface Boxes {
  read(box: BoxId): Promise<BoxRecord | undefined>;
  /**
   * Keeps a box as it is until the transaction is over: for whoever takes something from it that must not lie behind its
   * revocation. Many may hold one box. @returns undefined when there is no such box
   */
  hold(box: BoxId): Promise<BoxRecord['state'] | undefined>;
  /** Waits for those that hold the box. @returns false when it was revoked before, or there is no such box */
  revoke(box: BoxId, nowMs: number): Promise<boolean>;
  /** Every box that may be selling, by number: enrolled and not revoked. What counts is the newest epoch of its journal. */
  obeying(): Promise<Obeying[]>;
  /** Of the same boxes, by number. */
  heard(): Promise<Heard[]>;
  /** Never moves back. */
  noteHeard(box: BoxId, nowMs: number): Promise<void>;
}
