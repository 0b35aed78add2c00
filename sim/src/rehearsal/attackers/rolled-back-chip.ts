/** A guest keeps what lay on the wristband, pays with it, and puts the old bytes back. */
import type { ChipImage } from '@pulsera/firmware-protocol/virtual/chip';
import { between } from '../chance.ts';
import type { Kind } from '../trouble/strike.ts';
import { isAside, wornBy } from './wristband.ts';

interface RolledBackChip {
  readonly guest: number;
  /** Until there is the next opportunity to put it back. */
  readonly afterMs: number;
}

const KEEPS_MS = [5_000, 90_000] as const;
const LOOK_MS = 1_000;

export const rolledBackChip: Kind<RolledBackChip> = {
  draw: (random, setting) => ({ guest: random.below(setting.guests), afterMs: between(random, KEEPS_MS) }),
  async play(site, { guest, afterMs }, evening) {
    const own = await wornBy(site, guest, evening);
    if (own === undefined || !(await isAside(site, own.chip, evening))) return;
    const { uid, chip } = own;
    const kept = chip.image();
    const keptAtMs = site.time.nowMs();
    site.trace.note(own.guest.name, 'keeps an image', { uid });
    await site.time.sleep(afterMs);
    // Nothing was paid since: it would be no use yet.
    while (isSame(chip.image(), kept) && !evening.isOver) await site.time.sleep(LOOK_MS);
    if (!(await isAside(site, chip, evening)) || own.guest.worn?.chip !== chip) return;
    chip.restore(kept);
    site.witness.tell({ kind: 'attacked', uid, thing: uid, how: 'rolled-back', sinceMs: keptAtMs });
  },
};

const isSame = (one: ChipImage, other: ChipImage) => Buffer.compare(one.memory, other.memory) === 0;
