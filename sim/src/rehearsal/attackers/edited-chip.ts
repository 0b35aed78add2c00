/**
 * A guest changes the bytes of the wristband. Without the keys: anywhere in what a purse consists of, and that isn't sealed any more. With a
 * stolen key set: a whole new image with more money in it, which no reader can tell from one that another box has written.
 */
import { cmacKey } from '@pulsera/firmware-protocol/crypto/cmac';
import { chipPurseKey } from '@pulsera/firmware-protocol/crypto/keyset';
import { type Image, imageFields, SLOT_BYTES, sealImage } from '@pulsera/firmware-protocol/purse/image';
import { IMMUTABLE_BYTES } from '@pulsera/firmware-protocol/purse/immutable';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Festival } from '../festival.ts';
import type { Worn } from '../guest.ts';
import type { Kind } from '../trouble/strike.ts';
import { isAside, wornBy } from './wristband.ts';

interface EditedChip {
  readonly guest: number;
  /** Null: the keys are stolen, and the balance is raised. */
  readonly bytes: readonly Byte[] | null;
  readonly raisedMinor: number;
  readonly nonce: number;
}

interface Byte {
  /** In the purse: the immutable block, then both slots. */
  readonly at: number;
  readonly xor: number;
}

/** Behind four pages of the chip's own (NTAG213/215/216, section 8.5). */
const PURSE_AT = 16;
const PURSE_BYTES = IMMUTABLE_BYTES + 2 * SLOT_BYTES;
const MOST_BYTES = 4;
const KEYS_STOLEN = 0.3;
const MOST_RAISED_MINOR = 20_000;

export const editedChip: Kind<EditedChip> = {
  draw(random, setting) {
    const [guest, isSealed] = [random.below(setting.guests), random.chance(KEYS_STOLEN)];
    const [count, raisedMinor, nonce] = [
      1 + random.below(MOST_BYTES),
      1 + random.below(MOST_RAISED_MINOR),
      random.below(0x1_0000),
    ];
    const all = Array.from({ length: MOST_BYTES }, () => ({
      at: random.below(PURSE_BYTES),
      xor: 1 + random.below(0xff),
    }));
    return { guest, bytes: isSealed ? null : all.slice(0, count), raisedMinor, nonce };
  },
  async play(site, { guest, bytes, raisedMinor, nonce }, evening) {
    const own = await wornBy(site, guest, evening);
    if (own === undefined || !(await isAside(site, own.chip, evening))) return;
    const { uid, chip } = own;
    if (bytes === null) raise(own, site.festival, raisedMinor, nonce);
    else change(chip, bytes);
    site.witness.tell({ kind: 'attacked', uid, thing: uid, how: bytes === null ? 'forged' : 'edited' });
  },
};

function change(chip: VirtualChip, bytes: readonly Byte[]): void {
  const image = chip.image();
  for (const { at, xor } of bytes) {
    const place = PURSE_AT + at;
    image.memory[place] = (image.memory[place] ?? 0) ^ xor;
  }
  chip.restore(image);
}

/** As a box would go on from the newest image. */
function raise({ uid, chip, made }: Worn, { event, keySet }: Festival, raisedMinor: number, nonce: number) {
  const image = chip.image();
  const slots = [0, 1].map(slot => PURSE_AT + IMMUTABLE_BYTES + slot * SLOT_BYTES);
  const read = slots.map(at => imageFields(image.memory.subarray(at, at + SLOT_BYTES)));
  const newest = read.reduce((one, other) => (other.counter > one.counter ? other : one));
  const { counter, balanceMinor } = newest;
  const raised: Image = {
    ...newest,
    keySet: keySet.number,
    counter: counter + 1,
    nonce,
    balanceMinor: balanceMinor + raisedMinor,
  };
  const mac = cmacKey(chipPurseKey(keySet.purse, uid, event));
  const { wallet, generation } = made;
  const sealed = sealImage(raised, { uid, wallet, generation }, (_, message) => mac(message));
  image.memory.set(sealed, slots[raised.counter % 2]);
  chip.restore(image);
}
