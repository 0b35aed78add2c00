/** A box for tests: it keeps a journal in memory with the real codec, chain and signature, and taps chips of `chip.ts`. */
import { createHash } from 'node:crypto';
import type {
  BoxId,
  Epoch,
  EventId,
  OperatorId,
  PlanVersion,
  ProductId,
  Seq,
  StandId,
  TapId,
  TapRef,
  TillId,
} from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import type { Sign } from '@pulsera/firmware-protocol/journal/cose';
import { type Body, type Draft, type Entry, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import type { Postings } from '@pulsera/firmware-protocol/money/posting';
import { books } from '@pulsera/firmware-protocol/purse/books';
import { type SaleTerms, saleTerms } from '@pulsera/firmware-protocol/purse/reversal-right';
import { type ChipCaps, charge, type Rule, reversal, topUp } from '@pulsera/firmware-protocol/purse/rules';
import { encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { type Signer, signerFromSeed } from '../src/keys/ed25519.ts';
import { sha256 } from '../src/keys/sha256.ts';
import type { Chip } from './chip.ts';

const CAPS: ChipCaps = { chargeMinor: 100_000, chipMinor: 1_000_000 };
const WALL_MS = Date.UTC(2026, 6, 17, 20);

/** A cart of one line, tax and a cup included. */
export const buy = (quantity: number, unitMinor: number): Rule => {
  const line = {
    product: 'lager' as ProductId,
    quantity,
    unitMinor,
    listMinor: null,
    taxRateBp: 2000,
    depositMinor: 200,
  };
  const totalMinor = quantity * (unitMinor + 200);
  return charge({ stand: 'main-bar' as StandId, lines: [line], totalMinor, approvedBy: null }, CAPS);
};
export const load = (amountMinor: number): Rule => topUp(amountMinor, 'cash', CAPS);

/** What a box signs with unless its test says otherwise. */
export const signerOf = (box: number): Signer =>
  signerFromSeed(createHash('sha256').update(`box ${box}`).digest());

/** `done`: written and read back. `kept`: torn, the old image stands. `written`: the new one stands, but nobody saw it. */
export type Fate = 'done' | 'kept' | 'written';

export interface Sold {
  readonly ref: TapRef;
  readonly tap: TapId;
  readonly terms: SaleTerms;
}

export class JournalBox {
  readonly event: EventId;
  readonly box: BoxId;
  readonly epoch: Epoch;
  readonly sign: Sign;
  readonly entries: Entry[] = [];
  readonly contents: Uint8Array[] = [];
  readonly hashes: Uint8Array[] = [];
  /** How much of the cloud's journal its taps say it obeys. */
  cloudSeq = 0 as Seq;
  #nonce: number;

  constructor(event: number, box: number, epoch = 1, sign = signerOf(box).sign) {
    this.event = event as EventId;
    this.box = box as BoxId;
    this.epoch = epoch as Epoch;
    this.sign = sign;
    this.#nonce = 1000 * box + 7 * epoch;
  }

  get seq(): Seq {
    return this.entries.length as Seq;
  }

  append(draft: Draft): TapRef {
    const seq = (this.entries.length + 1) as Seq;
    const entry: Entry = { seq, wallMs: WALL_MS + 100 * seq, monoMs: 100 * seq, boot: 1, ...draft };
    const content = encodeEntry(entry);
    this.hashes.push(entryHash(this.hashBefore(seq), content, sha256));
    this.entries.push(entry);
    this.contents.push(content);
    return { box: this.box, epoch: this.epoch, seq };
  }

  /** Undefined when declined. The tap stays pending but for `done`. */
  tap(chip: Chip, rules: readonly Rule[], fate: Fate = 'done'): TapRef | undefined {
    const ref = this.begin(chip, rules, fate);
    if (ref && fate === 'done') this.settle(ref, 'posted', 'read-back');
    return ref;
  }

  /** Undoes a sale that any box made. */
  reverse(chip: Chip, { ref, tap, terms }: Sold, fate: Fate = 'done'): TapRef | undefined {
    const { mainMinor, bonusMinor, undone } = terms;
    const reversed = this.begin(
      chip,
      [reversal({ of: ref, ofTap: tap, mainMinor, bonusMinor })],
      fate,
      undone,
    );
    if (reversed && fate === 'done') this.settle(reversed, 'posted', 'read-back');
    return reversed;
  }

  /** What a box that reverses this sale must know of it. */
  sold(ref: TapRef): Sold {
    const entry = this.entries[ref.seq - 1];
    const terms = entry?.kind === 'tap' ? saleTerms(entry.body) : undefined;
    if (entry?.kind !== 'tap' || !terms) throw new Error('not a sale');
    return { ref, tap: entry.body.tap, terms };
  }

  /** It holds and obeys the cloud's journal up to there. */
  obey(seq: number): void {
    this.cloudSeq = seq as Seq;
    this.append({ kind: 'cloud-cursor', body: { seq: this.cloudSeq, hash: new Uint8Array(32) } });
  }

  begin(chip: Chip, rules: readonly Rule[], fate: Fate = 'done', undone: Postings = []): TapRef | undefined {
    this.#nonce = (this.#nonce + 1) % 0x1_0000;
    const planned = chip.plan(rules, this.#nonce);
    if (!planned) return undefined;
    const till = 'bar-1' as TillId;
    const ref = this.append({
      kind: 'tap',
      body: {
        tap: this.#tapId(this.entries.length + 1),
        sale: null,
        till,
        operator: 'op-1' as OperatorId,
        shift: null,
        plan: 1 as PlanVersion,
        cloudSeq: this.cloudSeq,
        via: 'box',
        uid: chip.uid,
        wallet: chip.wallet,
        generation: chip.generation,
        ...planned,
        ...books(planned.effects, chip.wallet, till, undone),
      },
    });
    if (fate === 'kept') chip.tear(planned.after);
    else chip.put(planned.after);
    return ref;
  }

  settle(of: TapRef, outcome: Body<'settlement'>['outcome'], evidence: Body<'settlement'>['evidence']): void {
    const tapped = this.entries[of.seq - 1];
    if (tapped?.kind !== 'tap') throw new Error('not a tap');
    const { tap, uid } = tapped.body;
    this.append({ kind: 'settlement', body: { of, tap, uid, outcome, evidence } });
  }

  /** @param from first seq, @param to last seq */
  batch(from = 1, to: number = this.seq): Uint8Array {
    const { event, box, epoch } = this;
    const hash = this.hashBefore(to + 1);
    const head = { event, box, epoch, seq: to as Seq, hash, wallMs: WALL_MS };
    return encodeBatch({
      event,
      box,
      epoch,
      fromSeq: from as Seq,
      before: this.hashBefore(from),
      contents: this.contents.slice(from - 1, to),
      head: signHead('pulsera/head', head, this.sign),
    });
  }

  hashBefore(seq: number): Uint8Array {
    return this.hashes[seq - 2] ?? genesis(this.event, this.box, this.epoch, sha256);
  }

  #tapId(seq: number): TapId {
    const digits = createHash('sha256').update(`${this.box}/${this.epoch}/${seq}`).digest('hex');
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}` as TapId;
  }
}
