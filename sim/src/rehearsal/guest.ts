/** A guest of the rehearsal: the wristbands that were made for one wallet, which of them is worn, and what was bought with them. */
import { readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, Generation, TapId, WalletId } from '@pulsera/firmware-protocol/ids';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { personaliseWristband, type Wristband } from '@pulsera/firmware-protocol/wristband';
import type { Festival } from './festival.ts';

/** The piece of plastic, and what it was made as. */
export interface Worn {
  readonly uid: ChipUid;
  readonly chip: VirtualChip;
  readonly made: Wristband;
}

/** An approved charge that may be taken back. */
export interface Sale {
  readonly tapId: TapId;
  readonly box: number;
}

export interface Guest {
  /** From 0, as intents have it. */
  readonly number: number;
  readonly name: string;
  readonly wallet: WalletId;
  /** All that were ever made, the newest last. */
  readonly wristbands: Worn[];
  /** Undefined while it lies in the grass. */
  worn: Worn | undefined;
  /** Until the cloud has heard of the newest. */
  known: Promise<unknown>;
  /** The latest last. */
  readonly sales: Sale[];
}

const ADULT = 18;

/** Comes without a wristband. */
export function newGuest(number: number, random: Random): Guest {
  const wallet = toHex(random.bytes(8)) as WalletId;
  const nothing = { wristbands: [], worn: undefined, known: Promise.resolve(), sales: [] };
  return { number, name: `guest ${number}`, wallet, ...nothing };
}

/** At the encoding bench; it is worn once the cloud knows of it. @param random decides its UID and nonce */
export async function encode(
  { wallet, wristbands }: Pick<Guest, 'wallet' | 'wristbands'>,
  { event, keySet }: Festival,
  random: Random,
): Promise<Worn> {
  const reader = new VirtualReader({ name: 'encoder', clock: jumpingClock() });
  const chip = new VirtualChip(`04${toHex(random.bytes(6))}`);
  const nonce = readUint(random.bytes(2), 0, 2);
  const generation = (wristbands.length + 1) as Generation;
  await reader.present(chip);
  const outcome = await personaliseWristband(reader, {
    event,
    keySet,
    wallet,
    generation,
    ageClass: ADULT,
    nonce,
  });
  await reader.remove(chip);
  if (outcome.kind !== 'made') throw new Error(`a new wristband came out as ${outcome.kind}`);
  return { uid: chip.uid as ChipUid, chip, made: outcome.wristband };
}
