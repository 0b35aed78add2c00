/** Everything the archive says, sorted by what it is about. The checks read this and nothing else. */
import type { FiledCase } from './archive.ts';
import { type Lines, type ReadOf, readEntry, type Tap } from './entry.ts';

/** A tap as it is kept: the bytes are read again when its effects are asked for, so that a large event fits in memory. */
export interface KeptTap {
  /** `box/epoch/seq` of its entry. */
  readonly ref: string;
  readonly seq: number;
  readonly tap: string;
  readonly uid: string;
  readonly before: string | null;
  readonly after: string;
  readonly content: Uint8Array;
  /** How far its box obeyed the cloud's journal when it wrote this, by all it had said in this epoch. */
  readonly obeyed: number;
  told: { posted: boolean; dropped: boolean };
  abandoned: boolean;
}

export type Status = 'pending' | 'posted' | 'dropped';

/** One wristband, by its UID. */
export interface Chip {
  readonly uid: string;
  /** What the cloud registered it as; null for one it never heard of. */
  issued: { readonly wallet: string; readonly generation: number } | null;
  readonly roots: Set<string>;
  readonly taps: KeptTap[];
  /** Reasons of its `blocked` entries, in their order. */
  readonly blocks: string[];
}

/** A generation of a wallet that ended with a replacement. */
export interface Ended {
  readonly ref: string;
  readonly seq: number;
  readonly wallet: string;
  readonly generation: number;
  readonly uid: string;
}

/** What the archive says of a box. */
export interface Box {
  /** Where the cloud's journal says that it was revoked. */
  revokedAt: number | null;
  /** How far its journals say that it obeyed the cloud's, at the furthest; null without a journal. */
  obeyed: number | null;
}

/** An entry and its place. */
export interface At<T> {
  readonly ref: string;
  readonly seq: number;
  readonly box: number;
  readonly body: T;
}

export class Evidence {
  readonly chips = new Map<string, Chip>();
  readonly taps = new Map<string, KeptTap>();
  readonly settlements: At<ReadOf<'settlement'>>[] = [];
  readonly drawersPaid: At<ReadOf<'drawer-paid'>>[] = [];
  readonly credits: At<ReadOf<'credited'>>[] = [];
  /** By the sale's place: how the cloud moved the right to reverse it, in order. */
  readonly rights = new Map<string, At<ReadOf<'reversal-withdrawn' | 'reversal-granted'>>[]>();
  readonly cases: FiledCase[] = [];
  readonly quarantined: { readonly box: number; readonly epoch: number; readonly reason: string }[] = [];
  /** `uid/image` of what quarantined journals say they wrote. */
  readonly setAside = new Set<string>();
  readonly forkedJournals: string[] = [];
  /** As exported. */
  readonly balances = new Map<string, number>();
  /** As the entries come to. */
  readonly totals = new Map<string, number>();
  /** Of wristbands that were issued. */
  readonly issuedWallets = new Set<string>();
  readonly ended: Ended[] = [];
  /** `wallet/generation` → first entry of the cloud's journal that takes it out of use. */
  readonly blockedAt = new Map<string, number>();
  readonly boxes = new Map<number, Box>();

  chip(uid: string): Chip {
    let chip = this.chips.get(uid);
    if (!chip) {
      chip = { uid, issued: null, roots: new Set(), taps: [], blocks: [] };
      this.chips.set(uid, chip);
    }
    return chip;
  }

  block(wallet: string, generation: number, seq: number): void {
    const key = `${wallet}/${generation}`;
    if (!this.blockedAt.has(key)) this.blockedAt.set(key, seq);
  }

  /** A journal of this box says that it obeys the cloud's up to there; 0 says that there is one. */
  obey(box: number, seq: number): void {
    const of = this.boxes.get(box);
    if (of) of.obeyed = Math.max(of.obeyed ?? 0, seq);
  }

  book(lines: Lines): void {
    for (const [account, amountMinor] of lines) {
      this.totals.set(account, (this.totals.get(account) ?? 0) + amountMinor);
    }
  }
}

/** @throws Fault `archive-malformed`: never for a tap that was kept, since it was read once before */
export function readTap({ content, seq, ref }: KeptTap): Tap {
  const read = readEntry(content, seq, `entry ${ref}`);
  if (read.kind !== 'tap') throw new RangeError(`entry ${ref} was a tap`);
  return read;
}
