/** Entries as a busy bar makes them: carts of three lines from forty products, forty tills, many guests. Seeded. */

import { toHex } from '@pulsera/firmware-protocol/bytes';
import type {
  BoxId,
  ChipUid,
  Epoch,
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
  TillId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Effect } from '@pulsera/firmware-protocol/journal/effect';
import type { Body, Draft } from '@pulsera/firmware-protocol/journal/entry';
import { books } from '@pulsera/firmware-protocol/purse/books';
import { imageFields, sealImage } from '@pulsera/firmware-protocol/purse/image';
import { type Random, seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';

interface Chip {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly root: Uint8Array;
  slots: [Uint8Array, Uint8Array];
  counter: number;
}

const BLANK = new Uint8Array(20);
const FIRST = 1 as Generation;
/** Enough for two hundred rounds. */
const START_MINOR = 10_000_000;
const LINES = 3;

export class TapMaker {
  readonly #random: Random;
  readonly #chips: Chip[];
  readonly #products = Array.from({ length: 40 }, (_, i) => ({
    product: `product-${i}` as ProductId,
    unitMinor: 250 + 50 * (i % 13),
    listMinor: null,
    taxRateBp: i % 3 === 0 ? 1000 : 2000,
    depositMinor: i % 4 === 0 ? 100 : 0,
  }));
  readonly #shifts: ShiftId[];

  constructor(seed: number, guests: number) {
    this.#random = seededRandom(seed);
    this.#shifts = Array.from({ length: 40 }, () => this.uuid() as ShiftId);
    this.#chips = Array.from({ length: guests }, () => {
      const uid = `04${toHex(this.#random.bytes(6))}` as ChipUid;
      const wallet = toHex(this.#random.bytes(8)) as WalletId;
      const root = this.#image({ uid, wallet }, 0, START_MINOR);
      return { uid, wallet, root, slots: [root, BLANK], counter: 0 };
    });
  }

  /** As they are reported to the cloud, so that it knows where each chip's images begin. */
  wristbands(): Wristband[] {
    return this.#chips.map(({ uid, wallet, root }) => ({
      uid,
      wallet,
      generation: FIRST,
      ageClass: 18,
      keySet: 1 as KeySetNumber,
      rootImage: toHex(root),
    }));
  }

  uuid(): string {
    const hex = toHex(this.#random.bytes(16));
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** A charge, pending; its chip is written at once. */
  tap(): Extract<Draft, { kind: 'tap' }> {
    const random = this.#random;
    const chip = this.#chips[random.below(this.#chips.length)];
    const at = random.below(40);
    const shift = this.#shifts[at];
    if (!chip || !shift) throw new RangeError('nobody to serve');
    const first = random.below(this.#products.length);
    const lines = Array.from({ length: LINES }, (_, i) => {
      const product = this.#products[(first + 7 * i) % this.#products.length];
      if (!product) throw new RangeError('no product');
      return { ...product, quantity: 1 + random.below(3) };
    });
    const totalMinor = lines.reduce(
      (sum, line) => sum + line.quantity * (line.unitMinor + line.depositMinor),
      0,
    );
    const from = (chip.counter % 2) as 0 | 1;
    const balanceMinor = imageFields(chip.slots[from]).balanceMinor - totalMinor;
    const [slot0, slot1] = chip.slots;
    const after = this.#image(chip, chip.counter + 1, Math.max(0, balanceMinor));
    chip.counter++;
    chip.slots = chip.counter % 2 === 0 ? [after, slot1] : [slot0, after];
    const till = `bar-${Math.floor(at / 10)}-till-${at % 10}` as TillId;
    const effects: Effect[] = [
      {
        kind: 'purchase',
        stand: `bar-${Math.floor(at / 10)}` as StandId,
        lines,
        totalMinor,
        bonusMinor: 0,
        approvedBy: null,
      },
    ];
    const body: Body<'tap'> = {
      tap: this.uuid() as TapId,
      sale: this.uuid() as SaleId,
      till,
      operator: `operator-${at}` as OperatorId,
      shift,
      plan: 3 as PlanVersion,
      cloudSeq: 120 as Seq,
      via: 'box',
      uid: chip.uid,
      wallet: chip.wallet,
      generation: FIRST,
      slot0,
      slot1,
      from,
      after,
      effects,
      ...books(effects, chip.wallet, till),
    };
    return { kind: 'tap', body };
  }

  #image(chip: Pick<Chip, 'uid' | 'wallet'>, counter: number, balanceMinor: number): Uint8Array {
    const image = {
      counter,
      nonce: this.#random.below(0x1_0000),
      balanceMinor,
      bonusMinor: 0,
      keySet: 1 as KeySetNumber,
      creditNumber: 0,
    };
    // MACs are noise to whoever has no key, so noise stands in for them.
    return sealImage(image, { ...chip, generation: FIRST }, () => this.#random.bytes(16));
  }
}

/** What says that a tap was written and read back. */
export function postedDraft(tap: Body<'tap'>, of: { box: BoxId; epoch: Epoch; seq: Seq }): Draft {
  return {
    kind: 'settlement',
    body: { of, tap: tap.tap, uid: tap.uid, outcome: 'posted', evidence: 'read-back' },
  };
}
