/** Images, immutable blocks and whole purses: fields and keys beside the bytes they make. */
import { concatBytes, toHex } from '../../src/bytes.ts';
import { aesCmac } from '../../src/crypto/cmac.ts';
import { chipPurseKey } from '../../src/crypto/keyset.ts';
import type { ChipUid, EventId, Generation, KeySetNumber, WalletId } from '../../src/ids.ts';
import { DECLINES } from '../../src/purse/decline.ts';
import { type Image, type PurseMac, sealImage } from '../../src/purse/image.ts';
import { type Immutable, sealImmutable } from '../../src/purse/immutable.ts';
import { openPurse } from '../../src/purse/purse.ts';

const EVENT = 4242 as EventId;
const MASTER_KEYS = {
  1: '000102030405060708090a0b0c0d0e0f',
  2: 'f0e1d2c3b4a5968778695a4b3c2d1e0f',
} as const;
const master = (keySet: number) =>
  Uint8Array.from(MASTER_KEYS[keySet === 2 ? 2 : 1].match(/../g) ?? [], pair => Number.parseInt(pair, 16));
const uid = '04a1b2c3d4e5f6' as ChipUid;
const wallet = '0123456789abcdef' as WalletId;
const generation = 1 as Generation;
const chip = { uid, wallet, generation };

const macWith =
  (of: ChipUid, held: readonly number[]): PurseMac =>
  (keySet, message) =>
    held.includes(keySet) ? aesCmac(chipPurseKey(master(keySet), of, EVENT), message) : undefined;

const image = (
  counter: number,
  nonce: number,
  balanceMinor: number,
  bonusMinor: number,
  creditNumber: number,
  keySet = 1,
): Image => ({
  counter,
  nonce,
  balanceMinor,
  bonusMinor,
  keySet: keySet as KeySetNumber,
  creditNumber,
});

const CHIPS = [
  chip,
  { ...chip, uid: '04a1b2c3d4e5f7' as ChipUid },
  { ...chip, wallet: 'fedcba9876543210' as WalletId },
  { ...chip, generation: 255 as Generation },
];
const IMAGES = [
  image(0, 0x1234, 0, 0, 0),
  image(1, 0xffff, 5000, 0, 0),
  image(2, 0, 3766, 250, 3),
  image(0xfffe, 1, 0xff_ff_ff, 0xff_ff_ff, 255),
  image(0xffff, 0xabcd, 1, 2, 3, 2),
];

export function purseImages() {
  const images = CHIPS.flatMap((of, i) =>
    (i === 0 ? IMAGES : IMAGES.slice(2, 3)).map(fields => ({ of, fields })),
  );
  return {
    description:
      'Purse images: the 20 bytes of a slot. fields and chip, sealed with the chip key (AN10922 of the master key of the key set, UID, event: see keyset.ts) make bytes. The MAC is the first 8 bytes of AES-CMAC over the first 12 bytes, UID, wallet and generation; macInput and chipKey are given to find mistakes with. All integers big endian, byte strings as hex.',
    event: EVENT,
    masterKeys: MASTER_KEYS,
    images: images.map(({ of, fields }) => {
      const mac = macWith(of.uid, [1, 2]);
      let macInput = '';
      const bytes = sealImage(fields, of, (keySet, message) => {
        macInput = toHex(message);
        return mac(keySet, message);
      });
      const chipKey = toHex(chipPurseKey(master(fields.keySet), of.uid, EVENT));
      return { chip: of, fields, chipKey, macInput, bytes: toHex(bytes) };
    }),
  };
}

const BLOCKS: readonly Immutable[] = [
  { keySet: 1 as KeySetNumber, ageClass: 0, generation, event: EVENT, wallet },
  { keySet: 1 as KeySetNumber, ageClass: 18, generation: 2 as Generation, event: EVENT, wallet },
  { keySet: 2 as KeySetNumber, ageClass: 16, generation: 255 as Generation, event: EVENT, wallet },
];

export function immutableBlocks() {
  return {
    description:
      'Immutable blocks: the 24 bytes of user pages 4 to 9. format (1), key set, age class, generation, event u32, wallet 8, MAC 8; the MAC is the first 8 bytes of AES-CMAC with the chip key over the first 16 bytes and the UID.',
    masterKeys: MASTER_KEYS,
    blocks: BLOCKS.map(fields => ({
      uid,
      fields,
      chipKey: toHex(chipPurseKey(master(fields.keySet), uid, EVENT)),
      bytes: toHex(sealImmutable(fields, uid, macWith(uid, [1, 2]))),
    })),
  };
}

export function purses() {
  const mac = macWith(uid, [1, 2]);
  const block = sealImmutable(
    { keySet: 1 as KeySetNumber, ageClass: 0, generation, event: EVENT, wallet },
    uid,
    mac,
  );
  const seal = (of: Image) => sealImage(of, chip, mac);
  const blank = new Uint8Array(20);
  const [root, first, second] = [image(0, 7, 0, 0, 0), image(1, 8, 5000, 0, 0), image(2, 9, 3766, 0, 0)];
  const rolled = image(3, 10, 3000, 0, 0, 2);
  const torn = concatBytes(seal(second).subarray(0, 8), seal(root).subarray(8));
  const edited = seal(first);
  edited[6] = 0xff;
  const foreign = concatBytes(block.subarray(0, 4), Uint8Array.of(0, 0, 0, 1), block.subarray(8));
  const reads: readonly [name: string, bytes: Uint8Array, held: readonly number[], event: number][] = [
    ['just personalised', concatBytes(block, seal(root), blank), [1, 2], EVENT],
    ['the higher counter is the purse', concatBytes(block, seal(second), seal(first)), [1, 2], EVENT],
    ['torn: the image before stands', concatBytes(block, torn, seal(first)), [1, 2], EVENT],
    ['edited, nothing else there', concatBytes(block, blank, edited), [1, 2], EVENT],
    ['images in each other\u2019s slots', concatBytes(block, seal(first), seal(second)), [1, 2], EVENT],
    ['sealed by a newer key set, held', concatBytes(block, seal(second), seal(rolled)), [1, 2], EVENT],
    ['sealed by a newer key set, not held', concatBytes(block, seal(second), seal(rolled)), [1], EVENT],
    ['no key at all', concatBytes(block, seal(root), blank), [], EVENT],
    ['blank chip', new Uint8Array(64), [1, 2], EVENT],
    ['not ours', new Uint8Array(64).fill(0xff), [1, 2], EVENT],
    ['of another event', concatBytes(foreign, seal(root), blank), [1, 2], EVENT],
    ['of this event, read for another', concatBytes(block, seal(root), blank), [1, 2], 1],
  ];
  return {
    description:
      'What 64 bytes read from a chip (user pages 4 to 19: immutable block, slot 0, slot 1) are, to a box that holds the key sets `held`: the slot that is the purse and its fields, or the decline.',
    masterKeys: MASTER_KEYS,
    uid,
    reads: reads.map(([name, bytes, held, event]) => {
      const result = openPurse(bytes, uid, event as EventId, macWith(uid, held));
      const answer =
        result.kind === 'declined'
          ? { declined: result.reason }
          : { slot: result.slot, current: result.current };
      return { name, event, held, bytes: toHex(bytes), ...answer };
    }),
  };
}

export function declines() {
  return {
    description:
      'Every reason a tap can be declined for, in order of precedence: the first that holds is the one that is given.',
    declines: Object.entries(DECLINES).map(([reason, sentence]) => ({ reason, sentence })),
  };
}
