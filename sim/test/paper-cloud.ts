/**
 * The cloud without a database: ingest's own pure functions over maps, with a journal of its own that boxes take in. What a
 * whole evening of random taps must come to can so be looked up at any moment.
 */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type {
  BoxId,
  ChipUid,
  Epoch,
  Generation,
  Seq,
  TapRef,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import { type Draft, decodeEntry, type Entry, type TapBody } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { type Postings, postings } from '@pulsera/firmware-protocol/money/posting';
import { EMPTY_GRAPH, settle } from '@pulsera/firmware-protocol/purse/graph';
import { MAX_MINOR } from '@pulsera/firmware-protocol/purse/image';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import { decide } from '../../cloud-api/src/ingest/decide.ts';
import {
  chipsToRebuild,
  factsByChip,
  listKey,
  tapsToFetch,
  wholeGraph,
} from '../../cloud-api/src/ingest/known.ts';
import type { CaseDraft } from '../../cloud-api/src/ledger/case.ts';
import { type ChipState, refText } from '../../cloud-api/src/ledger/chip-state.ts';
import { forgeriesOf } from '../../cloud-api/src/ledger/complete.ts';
import { inParts, mayStillSpend } from '../../cloud-api/src/ledger/held.ts';
import { caseOf } from '../../cloud-api/src/ledger/moved-chips.ts';
import { obeyedBy } from '../../cloud-api/src/ledger/obeyed.ts';
import type { CreditOrder, Order } from '../../cloud-api/src/ledger/order.ts';
import type { Obeying } from '../../cloud-api/src/ledger/store/boxes.ts';
import type { StoredEntry } from '../../cloud-api/src/ledger/store/journals.ts';
import type { Replacement } from '../../cloud-api/src/ledger/store/replacements.ts';
import { vouched } from '../../cloud-api/src/ledger/vouched.ts';
import { closeOpenTaps } from '../../cloud-api/src/replacements/close.ts';
import { SampleCloud } from '../../edge-node/test/journal-sample.ts';

const FIRST = 1 as Generation;
const CLOUD: Journaled = { box: 0 as BoxId, epoch: 1 as Epoch };

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
  /** By box: of a box that never sent anything, 0. */
  readonly #obeyed = new Map<BoxId, Obeying & { readonly epoch: Epoch }>();
  readonly #replacements: Replacement[] = [];

  /** A box that may sell, from now on. */
  enrol(box: BoxId): void {
    this.#obeyed.set(box, { box, epoch: 1 as Epoch, obeyedSeq: 0 as Seq });
  }

  issue(uid: ChipUid, wallet: WalletId, root: Uint8Array, generation = FIRST): void {
    const { graph } = settle(EMPTY_GRAPH, [{ kind: 'issued', root: toHex(root) }]);
    this.chips.set(uid, {
      uid,
      wallet,
      generation,
      registered: true,
      blocked: false,
      graph,
      mainMinor: 0,
      bonusMinor: 0,
    });
    this.#write({
      kind: 'issued',
      body: { uid, wallet, generation, ageClass: 0, keySet: 1 as never, root },
    });
  }

  /** The wallet's newest wristband ends; what it held moves to this one when no box may spend it any more. @returns its generation */
  replace(wallet: WalletId, toUid: ChipUid, root: Uint8Array): Generation {
    const old = this.#newest(wallet);
    const toGeneration = (old.generation + 1) as Generation;
    this.issue(toUid, wallet, root, toGeneration);
    const { uid, generation } = old;
    const { seq } = this.#write({
      kind: 'replaced',
      body: { wallet, fromUid: uid, toUid, fromGeneration: generation, toGeneration },
    });
    this.#order({ kind: 'blocked', body: { uid, wallet, generation, reason: 'replaced' } });
    const nothing = { mainMinor: 0, bonusMinor: 0, chipMainMinor: 0, chipBonusMinor: 0 };
    this.#replacements.push({ wallet, generation, uid, blockSeq: seq, seq, state: 'held', ...nothing });
    this.#release();
    return toGeneration;
  }

  /** What is held back of a wallet's replaced wristbands. */
  heldBack(wallet: WalletId): readonly Replacement[] {
    return this.#replacements.filter(of => of.wallet === wallet && of.state === 'held');
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
    this.#take({ box, epoch }, entries);
    this.#stored.push(...entries.map(entry => ({ box, epoch, seq: entry.seq, entry })));
    const moved = this.#replacements.filter(({ state }) => state === 'moved');
    const cases = moved.flatMap(of => caseOf(of, this.chips.get(of.uid)) ?? []);
    this.#fulfil({ orders: [], cases });
    const known = this.#obeyed.get(box);
    const before = known !== undefined && known.epoch >= epoch ? known.obeyedSeq : (0 as Seq);
    if (known === undefined || known.epoch <= epoch)
      this.#obeyed.set(box, { box, epoch, obeyedSeq: obeyedBy(entries, before) });
    this.#release();
  }

  #take({ box, epoch }: Journaled, entries: readonly Entry[]): void {
    const at = { box, epoch, entries };
    const facts = factsByChip(at);
    const about = (uid: ChipUid) =>
      this.#stored.filter(({ entry }) => 'uid' in entry.body && entry.body.uid === uid);
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
      obeyedSeq: 0 as Seq,
      rights: new Map(),
    });
    for (const state of decision.chips) this.chips.set(state.uid, state);
    this.#book([...decision.deltas].map(([account, amountMinor]) => ({ account, amountMinor })));
    this.#fulfil(decision);
  }

  /** What is held back moves, where no box may spend it any more. */
  #release(): void {
    for (const [i, replacement] of this.#replacements.entries()) {
      const { uid, wallet, generation, blockSeq, state } = replacement;
      const open = this.chips.get(uid);
      if (state === 'moved' || !open || mayStillSpend(blockSeq, [...this.#obeyed.values()]).length > 0)
        continue;
      const closings = closeOpenTaps(open.graph, ref => this.#tapAt(ref));
      const header = { wallMs: 0, monoMs: 0, boot: 0 };
      this.#take(
        CLOUD,
        closings.map((draft, at) => ({ seq: (at + 1) as Seq, ...header, ...draft })),
      );
      for (const draft of closings) this.#write(draft);
      const chip = this.chips.get(uid) ?? open;
      const amounts = vouched(chip.graph, this.#credits.get(listKey(wallet, generation)) ?? []);
      for (const [part, amount] of inParts(amounts, MAX_MINOR).entries()) {
        const reference = `${wallet}/${generation}/${part}`;
        this.#credit({ wallet, ...amount, source: 'released', reference, postings: postings() });
      }
      const { mainMinor: chipMainMinor, bonusMinor: chipBonusMinor } = chip;
      this.#replacements[i] = { ...replacement, ...amounts, state: 'moved', chipMainMinor, chipBonusMinor };
    }
  }

  #tapAt(ref: TapRef): TapBody {
    const stored = this.#stored.find(of => refText(of) === refText(ref));
    if (stored?.entry.kind !== 'tap') throw new Error(`no tap at ${refText(ref)}`);
    return stored.entry.body;
  }

  #newest(wallet: WalletId): ChipState {
    const chips = [...this.chips.values()].filter(chip => chip.wallet === wallet);
    const [newest] = chips.sort((a, b) => b.generation - a.generation);
    if (!newest) throw new Error(`no wristband of ${wallet}`);
    return newest;
  }

  #write(draft: Draft): Entry {
    this.journal.write(draft);
    const entry = decodeEntry(this.journal.contents.at(-1) ?? new Uint8Array(0));
    this.#stored.push({ ...CLOUD, seq: entry.seq, entry });
    return entry;
  }

  #order(order: Exclude<Order, { kind: 'credit' }>): void {
    this.#write(order);
    if (order.kind !== 'blocked') return;
    const chip = this.chips.get(order.body.uid);
    if (chip) this.chips.set(chip.uid, { ...chip, blocked: true });
  }

  /** All journals are in. */
  complete(): void {
    for (const state of this.chips.values()) this.#fulfil(forgeriesOf(state, new Set(), new Map()));
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

  /** Of the newest wristband's list. */
  creditsAfter(wallet: WalletId, number: number): readonly Credit[] {
    const list = this.#credits.get(listKey(wallet, this.#newest(wallet).generation)) ?? [];
    return list.filter(credit => credit.number > number);
  }

  #fulfil({ orders, cases }: { orders: readonly Order[]; cases: readonly CaseDraft[] }): void {
    for (const found of cases) this.cases.set(`${found.kind} ${found.subject}`, found);
    for (const order of orders) {
      if (order.kind === 'credit') this.#credit(order.credit);
      else this.#order(order);
    }
  }

  #credit(order: CreditOrder): void {
    const reference = `${order.source} ${order.reference}`;
    if (this.#references.has(reference)) return;
    this.#references.add(reference);
    const { generation } = this.#newest(order.wallet);
    const key = listKey(order.wallet, generation);
    const list = this.#credits.get(key) ?? [];
    this.#credits.set(key, list);
    const { mainMinor, bonusMinor } = order;
    const number = list.length + 1;
    list.push({ number, mainMinor, bonusMinor });
    this.#write({ kind: 'credited', body: { ...order, generation, number } });
    this.#book(order.postings);
  }

  #book(lines: Postings): void {
    for (const { account, amountMinor } of lines) {
      this.#balances.set(account, (this.#balances.get(account) ?? 0) + amountMinor);
    }
  }
}
