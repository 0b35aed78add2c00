/** Ingest without a database: the same pure functions over maps, so that thousands of histories can be tried. */

import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Entry, TapBody } from '@pulsera/firmware-protocol/journal/entry';
import { settle } from '@pulsera/firmware-protocol/purse/graph';
import { decide } from '../src/ingest/decide.ts';
import { chipsToRebuild, factsByChip, tapsToFetch, wholeGraph } from '../src/ingest/known.ts';
import type { CaseDraft } from '../src/ledger/case.ts';
import type { ChipState } from '../src/ledger/chip-state.ts';
import { refText } from '../src/ledger/chip-state.ts';
import { forgeriesOf } from '../src/ledger/complete.ts';
import type { Order } from '../src/ledger/order.ts';
import { reversedTwice, type SaleReversal } from '../src/ledger/reversals.ts';
import type { StoredEntry } from '../src/ledger/store/journals.ts';
import type { Chip } from './chip.ts';
import type { JournalBox } from './journal-box.ts';

/** No box ever asked for anything. */
const NEVER_ASKED = { obeyedSeq: 0 as Seq, rights: new Map(), credits: new Map() };

export class MemoryCloud {
  readonly chips = new Map<ChipUid, ChipState>();
  readonly journals = new Map<string, StoredEntry[]>();
  readonly balances = new Map<string, number>();
  readonly cases = new Map<string, CaseDraft>();
  readonly givenBack = new Map<string, Extract<Order, { kind: 'credit' }>>();
  readonly blocked: ChipUid[] = [];
  readonly settlements: Extract<Order, { kind: 'settlement' }>[] = [];
  /** How often a pruned graph wasn't enough. */
  rebuilt = 0;

  issue(chip: Chip): void {
    const { uid, wallet, generation } = chip;
    const { graph } = settle({ roots: [], writes: [], pruned: false }, [
      { kind: 'issued', root: toHex(chip.root) },
    ]);
    const state = {
      uid,
      wallet,
      generation,
      registered: true,
      blocked: false,
      graph,
      mainMinor: 0,
      bonusMinor: 0,
    };
    this.chips.set(uid, state);
    this.#roots.set(uid, toHex(chip.root));
  }
  readonly #reversals = new Map<string, SaleReversal>();
  readonly #roots = new Map<ChipUid, string>();

  /** Entries `from` to `to` of a box's journal; overlaps are cut off, as `place` does. */
  receive({ box, epoch, entries }: JournalBox, from: number, to: number): void {
    const name = `${box}/${epoch}`;
    const journal = this.journals.get(name) ?? [];
    this.journals.set(name, journal);
    if (from > journal.length + 1) throw new Error('a gap: the test sent out of order');
    const fresh = entries.slice(journal.length, to);
    if (fresh.length === 0) return;
    this.#take({ box, epoch, entries: fresh });
    journal.push(...fresh.map(entry => ({ box, epoch, seq: entry.seq, entry })));
  }

  #take(at: { box: JournalBox['box']; epoch: JournalBox['epoch']; entries: readonly Entry[] }): void {
    const facts = factsByChip(at);
    const stored = [...this.journals.values()].flat();
    const rebuild = chipsToRebuild(facts, this.chips);
    this.rebuilt += rebuild.length;
    const whole = new Map(
      rebuild.map(uid => {
        const { graph } = settle(
          wholeGraph(stored.filter(({ entry }) => 'uid' in entry.body && entry.body.uid === uid)),
          [{ kind: 'issued', root: this.#roots.get(uid) ?? '' }],
        );
        return [uid, graph];
      }),
    );
    const taps = new Map<string, TapBody>();
    const fetch = (wanted: (ref: TapRef, uid: ChipUid) => boolean) => {
      for (const { entry, ...ref } of stored) {
        if (entry.kind === 'tap' && wanted(ref, entry.body.uid)) taps.set(refText(ref), entry.body);
      }
    };
    fetch((_ref, uid) => whole.has(uid));
    const missing = new Set(tapsToFetch(at, facts, this.chips).map(refText));
    fetch(ref => missing.has(refText(ref)));
    const decision = decide(at, { facts, chips: this.chips, owned: new Set(), whole, taps, ...NEVER_ASKED });
    for (const found of decision.reversals) this.#reversals.set(refText(found.ref), found);
    for (const found of reversedTwice([...this.#reversals.values()]))
      this.#fulfil({ orders: [], cases: [found] });
    for (const state of decision.chips) this.chips.set(state.uid, state);
    for (const [account, amountMinor] of decision.deltas) {
      this.balances.set(account, (this.balances.get(account) ?? 0) + amountMinor);
    }
    this.#fulfil(decision);
  }

  #fulfil({ orders, cases }: { orders: readonly Order[]; cases: readonly CaseDraft[] }): void {
    for (const found of cases) this.cases.set(`${found.kind} ${found.subject}`, found);
    for (const order of orders) {
      if (order.kind === 'settlement') this.settlements.push(order);
      else if (order.kind === 'blocked') this.blocked.push(order.body.uid);
      else if (!this.givenBack.has(order.credit.reference)) {
        this.givenBack.set(order.credit.reference, order);
        for (const { account, amountMinor } of order.credit.postings) {
          this.balances.set(account, (this.balances.get(account) ?? 0) + amountMinor);
        }
      }
    }
  }

  /** All journals are in. */
  complete(): void {
    for (const state of this.chips.values()) this.#fulfil(forgeriesOf(state, new Set(), new Map()));
  }

  /** By account, wallets' parts included, zeros left out. */
  sums(): Record<string, number> {
    const sums = new Map(this.balances);
    const add = (account: string, amountMinor: number) =>
      sums.set(account, (sums.get(account) ?? 0) + amountMinor);
    for (const { wallet, mainMinor, bonusMinor } of this.chips.values()) {
      add(`wallet-main:${wallet}`, mainMinor);
      add(`wallet-bonus:${wallet}`, bonusMinor);
    }
    return Object.fromEntries([...sums].filter(([, amountMinor]) => amountMinor !== 0).sort());
  }
}
