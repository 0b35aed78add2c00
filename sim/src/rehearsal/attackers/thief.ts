/** Somebody who goes to the tills with what isn't theirs, and stands in the queues like everybody else. */
import { type Random, seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { atTill, groundsOf } from '../at-till.ts';
import { between, uuid } from '../chance.ts';
import type { Luck } from '../errands.ts';
import type { Holder } from '../holding-out.ts';
import type { Setting } from '../setting.ts';
import type { Site } from '../site.ts';
import { boardMinor } from '../workload/board.ts';

export interface Spending {
  /** Of the site's, from 0. */
  readonly box: number;
  readonly afterMs: number;
  /** So many beers; 0: all that is paid out in cash. */
  readonly beers: number;
}

const PAUSE_MS = [1_000, 30_000] as const;
const MOST_BEERS = 6;
const CASHES_OUT = 0.25;

export function drawSpending(random: Random, { boxes }: Setting): Spending {
  const [box, afterMs] = [random.below(boxes), between(random, PAUSE_MS)];
  const [isCash, beers] = [random.chance(CASHES_OUT), 1 + random.below(MOST_BEERS)];
  return { box, afterMs, beers: isCash ? 0 : beers };
}

/** The same for the same number. */
export function luckOf(number: number): Luck {
  const random = seededRandom(number);
  return { random, id: () => uuid(random) };
}

export async function spend(site: Site, holder: Holder, { box, beers }: Spending, luck: Luck): Promise<void> {
  const grounds = groundsOf(site);
  const tills = grounds.tills.filter(({ post }) => post.box === site.boxes[box]);
  await atTill({ ...grounds, tills }, holder, luck, async tap => {
    const lines = [{ product: 'beer', quantity: beers }];
    if (beers === 0) await tap('cashout', { amountMinor: null }, null);
    else await tap('charge', { saleId: luck.id(), lines }, boardMinor(lines));
  });
}
