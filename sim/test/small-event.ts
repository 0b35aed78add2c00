/**
 * A small event with a bit of everything, written with the real codecs and settled with the real rules, and exported as the
 * cloud does: what the auditor must find in order, and what its tests tamper with.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type {
  BoxId,
  ChipUid,
  Epoch,
  EventId,
  Generation,
  KeySetNumber,
  OperatorId,
  PlanVersion,
  ProductId,
  SaleId,
  Seq,
  ShiftId,
  StandId,
  TapId,
  TapRef,
  TillId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import {
  type Body,
  bookedAtOnce,
  type Draft,
  encodeEntry,
  type TapBody,
} from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { type Postings, postings } from '@pulsera/firmware-protocol/money/posting';
import { bookedBy, books, drawerPaid } from '@pulsera/firmware-protocol/purse/books';
import { giveBack } from '@pulsera/firmware-protocol/purse/give-back';
import { type Image, sealImage } from '@pulsera/firmware-protocol/purse/image';
import {
  type Credit,
  cashOut,
  charge,
  creditsToLoad,
  type Rule,
  reversal,
  topUp,
  write,
} from '@pulsera/firmware-protocol/purse/rules';
import { encode } from 'cborg';

export const EVENT = 7 as EventId;
const CAPS = { chargeMinor: 100_000, chipMinor: 1_000_000 };
const KEYS = 1 as KeySetNumber;
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
const uuid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** PKCS #8 around a 32-byte Ed25519 seed (RFC 8410). */
function keyOf(box: number) {
  const seed = createHash('sha256').update(`key ${box}`).digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
export const signer = (box: number) => (message: Uint8Array) =>
  new Uint8Array(sign(null, message, keyOf(box)));
export const publicKey = (box: number) =>
  new Uint8Array(createPublicKey(keyOf(box)).export({ format: 'der', type: 'spki' }).subarray(-32));

export class Wristband {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation = 1 as Generation;
  current: Image = { counter: 0, nonce: 1, balanceMinor: 0, bonusMinor: 0, keySet: KEYS, creditNumber: 0 };
  slots: [Uint8Array, Uint8Array];

  constructor(number: number) {
    this.uid = `0411223344${number.toString(16).padStart(4, '0')}` as ChipUid;
    this.wallet = `00112233445566${number.toString(16).padStart(2, '0')}` as WalletId;
    this.slots = [this.seal(this.current), new Uint8Array(20)];
  }

  /** The auditor has no keys, so that any MAC will do. */
  seal(image: Image): Uint8Array {
    return sealImage(image, this, () => new Uint8Array(16).fill(0xcc));
  }

  copy(): Wristband {
    const copy = Object.assign(Object.create(Wristband.prototype) as Wristband, this);
    copy.slots = [...this.slots];
    return copy;
  }
}

export type Tampering = (event: SmallEvent) => void;

export class SmallEvent {
  /** By box; seq is the place in the list, from 1. */
  readonly journals: Draft[][] = [[], [], []];
  readonly cases: unknown[][] = [];
  readonly quarantine: unknown[][] = [];
  /** Boxes whose journal doesn't end with the cloud's. */
  readonly behind = new Set<number>();
  #taps = 0;
  #nonce = 100;

  append(box: number, draft: Draft): TapRef {
    const journal = this.journals[box] ?? [];
    journal.push(draft);
    return { box: box as BoxId, epoch: 1 as Epoch, seq: journal.length as Seq };
  }

  issue(chip: Wristband): void {
    const { uid, wallet, generation, slots } = chip;
    this.append(0, {
      kind: 'issued',
      body: { uid, wallet, generation, ageClass: 0, keySet: KEYS, root: slots[0] },
    });
  }

  /** One write: settled as read back when `isDone`; on the chip unless `isKept`. */
  tap(
    box: number,
    chip: Wristband,
    rules: readonly Rule[],
    { isDone = true, isKept = false, undone = [] as Postings } = {},
  ): TapRef {
    const { current } = chip;
    const result = write({ current, otherNonce: 0 }, rules, KEYS, ++this.#nonce);
    if (result.kind === 'declined') throw new Error(result.reason);
    const after = chip.seal(result.image);
    const till = `bar-${box}` as TillId;
    const body: TapBody = {
      tap: uuid(++this.#taps) as TapId,
      sale: uuid(this.#taps + 1_000) as SaleId,
      till,
      operator: 'ann' as OperatorId,
      shift: null,
      plan: 1 as PlanVersion,
      cloudSeq: 0 as Seq,
      via: 'box',
      uid: chip.uid,
      wallet: chip.wallet,
      generation: chip.generation,
      slot0: chip.slots[0],
      slot1: chip.slots[1],
      from: current.counter % 2 === 0 ? 0 : 1,
      after,
      effects: result.effects,
      ...books(result.effects, chip.wallet, till, undone),
    };
    const ref = this.append(box, { kind: 'tap', body });
    if (!isKept) {
      chip.slots[result.image.counter % 2 === 0 ? 0 : 1] = after;
      chip.current = result.image;
    }
    if (isDone) this.settle(box, ref, 'posted', 'read-back');
    return ref;
  }

  settle(
    by: number,
    of: TapRef,
    outcome: Body<'settlement'>['outcome'],
    evidence: Body<'settlement'>['evidence'],
  ): void {
    const { tap, uid } = this.tapAt(of);
    this.append(by, { kind: 'settlement', body: { of, tap, uid, outcome, evidence } });
  }

  tapAt({ box, seq }: TapRef): TapBody {
    const draft = this.journals[box]?.[seq - 1];
    if (draft?.kind !== 'tap') throw new Error('no tap there');
    return draft.body;
  }

  credit(
    chip: Wristband,
    credit: Credit,
    source: Body<'credited'>['source'],
    reference: string,
    lines?: Postings,
  ): void {
    const { wallet, generation } = chip;
    const { mainMinor, bonusMinor, number } = credit;
    const paid = postings(
      [accounts.onlineClearing, mainMinor],
      [accounts.promotion, bonusMinor],
      [accounts.walletMain(wallet), -mainMinor],
      [accounts.walletBonus(wallet), -bonusMinor],
    );
    const body = {
      wallet,
      generation,
      number,
      mainMinor,
      bonusMinor,
      source,
      reference,
      postings: lines ?? paid,
    };
    this.append(0, { kind: 'credited', body });
  }

  /** What the cloud gives back for a tap that ended without a green screen. */
  giveBack(chip: Wristband, of: TapRef, outcome: 'posted' | 'dropped', number: number): void {
    const owed = giveBack(this.tapAt(of), outcome);
    if (!owed) throw new Error('nothing is owed');
    const { mainMinor, bonusMinor } = owed;
    const reference = `tap:${of.box}/${of.epoch}/${of.seq}`;
    this.credit(chip, { number, mainMinor, bonusMinor }, 'given-back', reference, owed.postings);
  }

  /** As the cloud keeps them: by what each tap's status is said to be. */
  balances(
    statusOf: (ref: string) => 'pending' | 'posted' | 'dropped',
    abandoned: ReadonlySet<string>,
  ): [string, number][] {
    const totals = new Map<string, number>();
    for (const [box, journal] of this.journals.entries()) {
      for (const [i, draft] of journal.entries()) {
        const ref = `${box}/1/${i + 1}`;
        const lines =
          draft.kind === 'tap'
            ? bookedBy(draft.body, statusOf(ref), abandoned.has(ref))
            : bookedAtOnce(draft);
        for (const { account, amountMinor } of lines)
          totals.set(account, (totals.get(account) ?? 0) + amountMinor);
      }
    }
    return [...totals].filter(([, amountMinor]) => amountMinor !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

const sale = (quantity: number, unitMinor: number) => ({
  stand: 'main-bar' as StandId,
  lines: [
    {
      product: 'lager' as ProductId,
      quantity,
      unitMinor,
      listMinor: null,
      taxRateBp: 2000,
      depositMinor: 200,
    },
  ],
  totalMinor: quantity * (unitMinor + 200),
  approvedBy: null,
});
export const buy = (quantity: number, unitMinor: number): Rule => charge(sale(quantity, unitMinor), CAPS);
export const load = (amountMinor: number): Rule => topUp(amountMinor, 'cash', CAPS);

/** Where things stand in the event below, for tests that tamper with them. */
export interface Places {
  readonly firstSale: TapRef;
  readonly torn: TapRef;
  readonly lost: TapRef;
  readonly cashOut: TapRef;
  readonly reversal: TapRef;
  readonly creditLoad: TapRef;
  readonly fork: readonly [TapRef, TapRef];
}

export function smallEvent(): { event: SmallEvent; places: Places; chips: readonly Wristband[] } {
  const event = new SmallEvent();
  const [anna, ben, carl] = [new Wristband(1), new Wristband(2), new Wristband(3)];
  for (const chip of [anna, ben, carl]) event.issue(chip);
  const online = { number: 1, mainMinor: 3_000, bonusMinor: 500 };
  event.credit(ben, online, 'online', 'payment-1');
  event.append(1, { kind: 'plan-applied', body: { plan: 1 as PlanVersion, hash: new Uint8Array(32) } });
  const shift = uuid(9_999) as ShiftId;
  const till = 'bar-1' as TillId;
  const operator = 'ann' as OperatorId;
  event.append(1, { kind: 'shift-opened', body: { shift, till, operator, floatMinor: 10_000 } });
  event.append(1, { kind: 'clock-jump', body: { fromMs: 1, toMs: 2 } });
  event.append(1, { kind: 'fault', body: { code: 'printer-out-of-paper', till, message: 'Put paper in.' } });

  // Anna tops up, buys, gives one round back, and takes what is left home.
  event.tap(1, anna, [load(5_000)]);
  const firstSale = event.tap(1, anna, [buy(2, 433)]);
  const sold = event.tapAt(firstSale);
  const undone = { of: firstSale, ofTap: sold.tap, mainMinor: 1_266, bonusMinor: 0 };
  const back = event.tap(1, anna, [reversal(undone)], { undone: sold.posted });
  const out = event.tap(1, anna, [cashOut(1_000)]);
  const paid = { of: out, tap: event.tapAt(out).tap, till, operator, postings: drawerPaid(1_000, till) };
  event.append(1, { kind: 'drawer-paid', body: paid });

  // Ben's online credit is loaded and spent in one write; a later sale is torn, but written, and shows up at the other box.
  const rule = creditsToLoad(ben.current, [online]);
  const creditLoad = event.tap(1, ben, [...(rule ? [rule] : []), buy(1, 600)]);
  const torn = event.tap(1, ben, [buy(1, 300)], { isDone: false });
  event.settle(1, torn, 'abandoned', 'none');
  event.tap(2, ben, [buy(1, 250)]);
  event.settle(0, torn, 'posted', 'graph');
  event.giveBack(ben, torn, 'posted', 2);

  // Anna's cash is taken at the other box, and never gets on the wristband.
  const lost = event.tap(2, anna, [load(700)], { isDone: false, isKept: true });
  event.settle(2, lost, 'abandoned', 'none');
  event.tap(1, anna, [buy(1, 100)]);
  event.settle(0, lost, 'dropped', 'graph');
  event.giveBack(anna, lost, 'dropped', 1);

  // Carl's wristband is cloned, and both are used.
  event.tap(1, carl, [load(2_000)]);
  const clone = carl.copy();
  const before = hexOf(carl.slots[1]);
  const one = event.tap(1, carl, [buy(1, 500)]);
  const two = event.tap(2, clone, [buy(1, 900)]);
  event.append(0, {
    kind: 'blocked',
    body: { uid: carl.uid, wallet: carl.wallet, generation: carl.generation, reason: 'fork' },
  });
  const refs = [one, two].map(({ box, epoch, seq }) => [box, epoch, seq]);
  event.cases.push(['case', 1, 'fork', carl.uid, refs, JSON.stringify({ before }), 700, 1_000, 'open']);

  event.append(1, {
    kind: 'shift-closed',
    body: {
      shift,
      till,
      operator,
      countedMinor: 16_010,
      expectedMinor: 16_000,
      postings: postings([accounts.cash(till), 10], [accounts.unattributed, -10]),
    },
  });
  const places: Places = {
    firstSale,
    torn,
    lost,
    cashOut: out,
    reversal: back,
    creditLoad,
    fork: [one, two],
  };
  return { event, places, chips: [anna, ben, carl] };
}

export type RawItem = unknown[];

/** Items as the cloud exports them; each test may change them before they are encoded. */
export function exported(event: SmallEvent, places: Places): RawItem[] {
  const text = ({ box, epoch, seq }: TapRef) => `${box}/${epoch}/${seq}`;
  const items: RawItem[] = [['pulsera-export', 1, 1, EVENT, 'Small event', 'EUR', 1_800_000_000_000]];
  for (const box of [0, 1, 2]) items.push(['key', box, publicKey(box), box === 0 ? 'cloud' : 'enrolled']);
  let cloudEnd: { seq: number; hash: Uint8Array } | undefined;
  for (const [number, drafts] of event.journals.entries()) {
    const [box, epoch] = [number as BoxId, 1 as Epoch];
    const all = [...drafts];
    if (cloudEnd && !event.behind.has(number))
      all.push({ kind: 'cloud-cursor', body: { seq: cloudEnd.seq as Seq, hash: cloudEnd.hash } });
    let hash = genesis(EVENT, box, epoch, sha256);
    const contents = all.map((draft, i) => {
      const content = encodeEntry({ seq: (i + 1) as Seq, wallMs: 1, monoMs: i, boot: 1, ...draft });
      hash = entryHash(hash, content, sha256);
      return content;
    });
    const head = { event: EVENT, box, epoch, seq: contents.length as Seq, hash, wallMs: 1 };
    const checkpoint = box === 0 ? null : signHead('pulsera/checkpoint', head, signer(0));
    items.push([
      'journal',
      box,
      1,
      contents.length,
      hash,
      signHead('pulsera/head', head, signer(box)),
      checkpoint,
      'open',
    ]);
    for (let at = 0; at < contents.length; at += 5)
      items.push(['entries', box, 1, at + 1, contents.slice(at, at + 5)]);
    cloudEnd ??= { seq: contents.length, hash };
  }
  items.push(...event.quarantine);
  const abandoned = new Set([text(places.torn), text(places.lost)]);
  const statusOf = (ref: string) => (ref === text(places.lost) ? 'dropped' : 'posted');
  for (const [account, amountMinor] of event.balances(statusOf, abandoned)) {
    items.push(['balance', account, amountMinor]);
  }
  items.push(...event.cases);
  return items;
}

/** The archive before gzip, `end` and all, in chunks of some bytes. */
export async function* chunksOf(items: readonly RawItem[], chunkBytes = 1_000): AsyncGenerator<Uint8Array> {
  const all = Buffer.concat([...items, ['end', items.length]].map(item => encode(item)));
  for (let at = 0; at < all.length; at += chunkBytes) yield all.subarray(at, at + chunkBytes);
}
