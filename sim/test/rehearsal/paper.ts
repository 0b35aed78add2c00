/**
 * Journals on paper: entries written field by field as docs/wire.md lists them, by a CBOR library, so that a story can be told to the
 * auditor without any of the code that it audits.
 */
import { encode } from 'cborg';

export type Line = readonly [family: number, ...of: (string | number)[]];

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const uuidBytes = (uuid: string) => bytes(uuid.replaceAll('-', ''));

const WALLETS = [1, 2];
/** Accounts of a wallet are named by its eight bytes. */
const lines = (all: readonly Line[]) =>
  all.map(([family, ...of]) =>
    WALLETS.includes(family) ? [family, bytes(String(of[0])), ...of.slice(1)] : [family, ...of],
  );

/** 20 bytes as hex: counter, nonce, balance, key set, bonus, credit number, and a MAC that nobody checks. */
export function image(counter: number, mainMinor: number, credit = 0, bonusMinor = 0, nonce = 7): string {
  const hex = (n: number, length: number) => n.toString(16).padStart(2 * length, '0');
  return [
    hex(counter, 2),
    hex(nonce, 2),
    hex(mainMinor, 3),
    '01',
    hex(bonusMinor, 3),
    hex(credit, 1),
    'ab'.repeat(8),
  ].join('');
}

export interface PaperTap {
  readonly tapId: string;
  readonly till: string;
  readonly uid: string;
  readonly wallet: string;
  readonly generation: number;
  readonly before: string;
  readonly after: string;
  readonly effects: readonly (readonly [number, readonly unknown[]])[];
  readonly held: readonly Line[];
  readonly posted: readonly Line[];
}

export const entry = {
  tap(seq: number, tap: PaperTap): Uint8Array {
    const from = Number.parseInt(tap.before.slice(0, 4), 16) % 2;
    const blank = new Uint8Array(20);
    const slots = from === 0 ? [bytes(tap.before), blank] : [blank, bytes(tap.before)];
    const chip = [bytes(tap.uid), bytes(tap.wallet), tap.generation, ...slots, from, bytes(tap.after)];
    const about = [uuidBytes(tap.tapId), null, tap.till, null, null, 1, 0, 0];
    return content(1, seq, [...about, ...chip, tap.effects, lines(tap.held), lines(tap.posted)]);
  },
  /** @param outcome 0 posted, 1 dropped, 2 abandoned */
  settlement(seq: number, [box, epoch, of]: readonly number[], tap: PaperTap, outcome: number, evidence = 0) {
    const body = [[box, epoch, of], uuidBytes(tap.tapId), bytes(tap.uid), outcome, evidence];
    return content(2, seq, body);
  },
  drawerPaid(seq: number, of: readonly number[], tapId: string, till: string, minor: number): Uint8Array {
    const postings = lines([
      [14, minor],
      [3, till, -minor],
    ]);
    return content(3, seq, [of, uuidBytes(tapId), till, null, postings]);
  },
  issued(seq: number, uid: string, wallet: string, generation: number, root: string): Uint8Array {
    return content(32, seq, [bytes(uid), bytes(wallet), generation, 0, 1, bytes(root)]);
  },
  /** @param source 0 online, 1 given back, 2 replacement */
  credited(
    seq: number,
    [wallet, generation, number]: readonly [string, number, number],
    mainMinor: number,
    source: number,
    reference: string,
    postings: readonly Line[],
  ): Uint8Array {
    const body = [bytes(wallet), generation, number, mainMinor, 0, source, reference, lines(postings)];
    return content(33, seq, body);
  },
};

const content = (kind: number, seq: number, body: readonly unknown[]): Uint8Array =>
  encode([1, kind, seq, 1_784_318_400_000 + seq, 1_000 + seq, 1, body]);

export const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
