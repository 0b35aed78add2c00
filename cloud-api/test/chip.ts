/** A wristband for tests: two slots with the real layout, a counter for a nonce, and a MAC that only has to differ. */
import { hash } from 'node:crypto';
import type { ChipUid, Generation, KeySetNumber, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Effect } from '@pulsera/firmware-protocol/journal/effect';
import {
  type Image,
  imageFields,
  openSlot,
  type PurseMac,
  sealImage,
} from '@pulsera/firmware-protocol/purse/image';
import { type Rule, write } from '@pulsera/firmware-protocol/purse/rules';

export const testMac: PurseMac = (_keySet, message) => hash('sha256', message, 'buffer');
const KEY_SET = 1 as KeySetNumber;

export interface ChipWrite {
  readonly slot0: Uint8Array;
  readonly slot1: Uint8Array;
  readonly from: 0 | 1;
  readonly after: Uint8Array;
  readonly effects: readonly Effect[];
}

const walletOf = (number: number) => number.toString(16).padStart(16, '0') as WalletId;

export class Chip {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation: Generation;
  readonly root: Uint8Array;
  slots: [Uint8Array, Uint8Array];

  constructor(number: number, balanceMinor = 0, generation = 1, wallet = walletOf(number)) {
    this.uid = `04${number.toString(16).padStart(12, '0')}` as ChipUid;
    this.wallet = wallet;
    this.generation = generation as Generation;
    const image: Image = {
      counter: 0,
      nonce: 1,
      balanceMinor,
      bonusMinor: 0,
      keySet: KEY_SET,
      creditNumber: 0,
    };
    this.root = sealImage(image, this, testMac);
    this.slots = [this.root, new Uint8Array(20)];
  }

  /** The same bytes on other silicon. */
  copy(): Chip {
    return Object.assign(Object.create(Chip.prototype), { ...this, slots: [...this.slots] });
  }

  current(): { readonly slot: 0 | 1; readonly image: Image } {
    const open = ([0, 1] as const).flatMap(slot => {
      const opened = openSlot(this.slots[slot], slot, this, testMac);
      return opened.kind === 'image' ? [{ slot, image: opened.image }] : [];
    });
    const [best] = open.sort((a, b) => b.image.counter - a.image.counter);
    if (!best) throw new Error('a test chip lost both images');
    return best;
  }

  /** What a box would write; undefined when a rule declines. */
  plan(rules: readonly Rule[], nonce: number): ChipWrite | undefined {
    const { slot, image } = this.current();
    const otherNonce = imageFields(this.slots[slot === 0 ? 1 : 0]).nonce;
    const written = write({ current: image, otherNonce }, rules, KEY_SET, nonce);
    if (written.kind === 'declined') return undefined;
    const [slot0, slot1] = this.slots;
    return {
      slot0,
      slot1,
      from: slot,
      after: sealImage(written.image, this, testMac),
      effects: written.effects,
    };
  }

  put(after: Uint8Array): void {
    this.slots[imageFields(after).counter % 2 === 0 ? 0 : 1] = after;
  }

  /** Pulled away in the middle: the old image stands, the other slot holds neither. */
  tear(after: Uint8Array): void {
    const torn = after.slice();
    torn.fill(0xee, 8);
    this.put(torn);
  }
}
