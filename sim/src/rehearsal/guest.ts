/** A guest of the rehearsal: a wristband, and how its wearer moves it when a screen asks for it. */
import { readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, Generation, TapId, WalletId } from '@pulsera/firmware-protocol/ids';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { personaliseWristband, type Wristband } from '@pulsera/firmware-protocol/wristband';
import type { Festival } from './festival.ts';

export interface Guest {
  readonly name: string;
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly chip: VirtualChip;
  /** As it was made. */
  readonly wristband: Wristband;
  /** At a till now. */
  isBusy: boolean;
  /** Approved charges that may be taken back, and where. */
  readonly sales: { readonly tapId: TapId; readonly box: number }[];
}

const FIRST = 1 as Generation;

/** @param random decides UIDs, wallets and nonces. */
export async function makeGuests(
  count: number,
  { event, keySet }: Festival,
  random: Random,
): Promise<Guest[]> {
  const reader = new VirtualReader({ name: 'encoder', clock: jumpingClock() });
  const guests: Guest[] = [];
  for (let number = 1; number <= count; number++) {
    const chip = new VirtualChip(`04${toHex(random.bytes(6))}`);
    const wallet = toHex(random.bytes(8)) as WalletId;
    const nonce = readUint(random.bytes(2), 0, 2);
    await reader.present(chip);
    const made = await personaliseWristband(reader, {
      event,
      keySet,
      wallet,
      generation: FIRST,
      ageClass: 18,
      nonce,
    });
    await reader.remove(chip);
    if (made.kind !== 'made') throw new Error(`a new wristband came out as ${made.kind}`);
    const uid = chip.uid as ChipUid;
    guests.push({
      name: `guest ${number}`,
      uid,
      wallet,
      chip,
      wristband: made.wristband,
      isBusy: false,
      sales: [],
    });
  }
  return guests;
}
