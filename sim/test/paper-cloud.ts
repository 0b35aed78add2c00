/**
 * The cloud without a database: ingest's own pure functions over maps, with a journal of its own that boxes take in. What a
 * whole evening of random taps must come to can so be looked up at any moment.
 */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, Generation, TapRef, WalletId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry, type Entry, type TapBody } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { type Postings, postings } from '@pulsera/firmware-protocol/money/posting';
import { EMPTY_GRAPH, settle } from '@pulsera/firmware-protocol/purse/graph';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import { decide } from '../../cloud-api/src/ingest/decide.ts';
import {
  chipsToRebuild,
  factsByChip,
  listKey,
  type StoredEntry,
  tapsToFetch,
  wholeGraph,
} from '../../cloud-api/src/ingest/known.ts';
import type { CaseDraft } from '../../cloud-api/src/ledger/case.ts';
import { type ChipState, refText } from '../../cloud-api/src/ledger/chip-state.ts';
import { forgeriesOf } from '../../cloud-api/src/ledger/complete.ts';
import type { CreditOrder, Order } from '../../cloud-api/src/ledger/order.ts';
import { SampleCloud } from '../../edge-node/test/journal-sample.ts';

const GENERATION = 1 as Generation;

/** How far a box's journal reached when it was last here. */
export type Journaled = Pick<TapRef, 'box' | 'epoch'>;

export class PaperCloud {
  readonly journal = new SampleCloud();
  readonly chips = new Map<ChipUid, ChipState>();
  readonly cases = new Map<string, CaseDraft>();
  readonly #credits = new Map<string, Credit[]>();
  readonly #references = new Set<string>();
  readonly #balances = new Map<string, number>();
  readonly #stored: StoredEntry[] = [];
  readonly #issued: StoredEntry[] = [];

  issue(uid: ChipUid, wallet: WalletId, root: Uint8Array): void {
    const { graph } = settle(EMPTY_GRAPH, [{ kind: 'issued', root: toHex(root) }]);
    this.chips.set(uid, {
      uid,
      wallet,
      generation: GENERATION,
      registered: true,
      blocked: false,
      graph,
      mainMinor: 0,
      bonusMinor: 0,
    });
    const body = { uid, wallet, generation: GENERATION, ageClass: 0, keySet: 1 as never, root };
    this.journal.write({ kind: 'issued', body });
    const content = this.journal.contents.at(-1);
    if (content === undefined) return;
    const entry = decodeEntry(content);
    this.#issued.push({ box: 0 as never, epoch: 1 as never, seq: entry.seq, entry });
  }

  /** Money paid online. */
  credit(wallet: WalletId, mainMinor: number, bonusMinor: number, reference: string): void {
    this.#credit({
      wallet,
      mainMinor,
      bonusMinor,
      source: 'online',
      reference,
      postings: postings(
        [accounts.onlineClearing, mainMinor],
        [accounts.promotion, bonusMinor],
        [accounts.walletMain(wallet), -mainMinor],
        [accounts.walletBonus(wallet), -bonusMinor],
      ),
    });
  }

  /** How many entries of that journal are held. */
  held({ box, epoch }: Journaled): number {
    return this.#stored.filter(stored => stored.box === box && stored.epoch === epoch).length;
  }

  /** @param entries that follow what is held. */
  receive({ box, epoch }: Journaled, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const at = { box, epoch, entries };
    const facts = factsByChip(at);
    const about = (uid: ChipUid) =>
      [...this.#issued, ...this.#stored].filter(({ entry }) => 'uid' in entry.body && entry.body.uid === uid);
    const whole = new Map(chipsToRebuild(facts, this.chips).map(uid => [uid, wholeGraph(about(uid))]));
    const taps = new Map<string, TapBody>();
    const missing = new Set(tapsToFetch(at, facts, this.chips).map(refText));
    for (const { entry, ...ref } of this.#stored) {
      if (entry.kind !== 'tap') continue;
      if (whole.has(entry.body.uid) || missing.has(refText(ref))) taps.set(refText(ref), entry.body);
    }
    const decision = decide(at, {
      facts,
      chips: this.chips,
      owned: new Set(),
      whole,
      taps,
      credits: this.#credits,
    });
    for (const state of decision.chips) this.chips.set(state.uid, state);
    this.#book([...decision.deltas].map(([account, amountMinor]) => ({ account, amountMinor })));
    this.#stored.push(...entries.map(entry => ({ box, epoch, seq: entry.seq, entry })));
    this.#fulfil(decision);
  }

  /** All journals are in. */
  complete(): void {
    for (const state of this.chips.values()) this.#fulfil(forgeriesOf(state, new Set()));
  }

  /** By account, wallets' parts included, zeros left out. */
  balances(): Record<string, number> {
    const sums = new Map(this.#balances);
    const add = (account: string, amountMinor: number) =>
      sums.set(account, (sums.get(account) ?? 0) + amountMinor);
    for (const { wallet, mainMinor, bonusMinor } of this.chips.values()) {
      add(accounts.walletMain(wallet), mainMinor);
      add(accounts.walletBonus(wallet), bonusMinor);
    }
    return Object.fromEntries([...sums].filter(([, amountMinor]) => amountMinor !== 0).sort());
  }

  creditsAfter(wallet: WalletId, number: number): readonly Credit[] {
    return (this.#credits.get(listKey(wallet, GENERATION)) ?? []).filter(credit => credit.number > number);
  }

  #fulfil({ orders, cases }: { orders: readonly Order[]; cases: readonly CaseDraft[] }): void {
    for (const found of cases) this.cases.set(`${found.kind} ${found.subject}`, found);
    for (const order of orders) {
      if (order.kind === 'credit') this.#credit(order.credit);
      else this.journal.write(order);
    }
  }

  #credit(order: CreditOrder): void {
    const reference = `${order.source} ${order.reference}`;
    if (this.#references.has(reference)) return;
    this.#references.add(reference);
    const key = listKey(order.wallet, GENERATION);
    const list = this.#credits.get(key) ?? [];
    this.#credits.set(key, list);
    const { mainMinor, bonusMinor } = order;
    const number = list.length + 1;
    list.push({ number, mainMinor, bonusMinor });
    this.journal.write({ kind: 'credited', body: { ...order, generation: GENERATION, number } });
    this.#book(order.postings);
  }

  #book(lines: Postings): void {
    for (const { account, amountMinor } of lines) {
      this.#balances.set(account, (this.#balances.get(account) ?? 0) + amountMinor);
    }
  }
}
