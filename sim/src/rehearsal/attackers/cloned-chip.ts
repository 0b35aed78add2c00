/** A wristband is copied, UID and all, and the copy pays at several boxes while its guest goes on with the original. */
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Kind } from '../trouble/strike.ts';
import { drawSpending, luckOf, type Spending, spend } from './thief.ts';
import { isAside, wornBy } from './wristband.ts';

interface ClonedChip {
  readonly guest: number;
  readonly luck: number;
  readonly spendings: readonly Spending[];
}

const MOST_SPENDINGS = 5;

export const clonedChip: Kind<ClonedChip> = {
  draw(random, setting) {
    const [guest, luck, count] = [
      random.below(setting.guests),
      random.u32(),
      1 + random.below(MOST_SPENDINGS),
    ];
    const all = Array.from({ length: MOST_SPENDINGS }, () => drawSpending(random, setting));
    return { guest, luck, spendings: all.slice(0, count) };
  },
  async play(site, { guest, luck: number, spendings }, evening) {
    const robbed = await wornBy(site, guest, evening);
    if (robbed === undefined || !(await isAside(site, robbed.chip, evening))) return;
    const { uid, chip } = robbed;
    const copy = new VirtualChip(uid);
    copy.restore(chip.image());
    const thing = `copy ${number} of ${uid}`;
    site.witness.tell({ kind: 'attacked', uid, thing, how: 'cloned' });
    const luck = luckOf(number);
    for (const spending of spendings) {
      await site.time.sleep(spending.afterMs);
      if (evening.isOver) return;
      await spend(site, { name: `thief ${number}`, uid, thing, chip: copy }, spending, luck);
    }
  },
};
