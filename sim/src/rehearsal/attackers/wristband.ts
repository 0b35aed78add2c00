/** Somebody else's wristband, or one's own, in the hands of a thief: found on the grounds, read or written while no reader holds it. */
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Guest, Worn } from '../guest.ts';
import type { Life } from '../life.ts';
import type { Site } from '../site.ts';

const LOOK_MS = 500;

/** Once that guest is there and wears one; undefined when the evening ends before that. */
export async function wornBy(
  site: Site,
  guest: number,
  evening: Life,
): Promise<(Worn & { readonly guest: Guest }) | undefined> {
  for (;;) {
    if (evening.isOver) return undefined;
    const found = site.guests.find(({ number }) => number === guest);
    if (found?.worn !== undefined) return { ...found.worn, guest: found };
    await site.time.sleep(LOOK_MS);
  }
}

/** Once it lies in no field, so that nothing is just being written to it. @returns false when the evening ends before that */
export async function isAside(site: Site, chip: VirtualChip, evening: Life): Promise<boolean> {
  while (chip.state !== 'off' && !evening.isOver) await site.time.sleep(LOOK_MS);
  return !evening.isOver;
}
