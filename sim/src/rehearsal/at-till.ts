/** A guest looks for a till, queues up, and is served there: every tap under the operator's name and shift. */
import type { TapId } from '@pulsera/firmware-protocol/ids';
import type { TapLeaf, TapResult } from '@pulsera/firmware-protocol/wire/till';
import { anyOf, between } from './chance.ts';
import type { Luck } from './errands.ts';
import type { Holder } from './holding-out.ts';
import type { Post, Site } from './site.ts';
import type { StaffedTill } from './staffed-till.ts';
import type { Tally } from './tally.ts';
import { drawManner, SHIFT_NOT_OPEN, visit } from './visit.ts';

/** All that is there for a guest to go to. */
export interface Grounds {
  readonly site: Site;
  readonly tills: readonly StaffedTill[];
  readonly tally: Tally;
}

export const groundsOf = (site: Site): Grounds => ({ site, tills: site.tills, tally: site.tally });

/** Why nothing came of a wish. */
export type Dropped = 'no wristband' | 'has one' | 'nobody lost it' | 'nothing bought' | 'went away';

/** At the till that was chosen. @param agreedMinor as in `Order` */
export type Tap = (
  leaf: TapLeaf,
  fields: Readonly<Record<string, unknown>>,
  agreedMinor: number | null,
  isTwice?: boolean,
) => Promise<TapResult>;

const QUEUES_MS = [20_000, 120_000] as const;
/** Until the next one has come to the front. */
const STEPS_UP_MS = 500;

/** @param holder undefined where there is no wristband to hold out */
export async function atTill(
  { site, tills, tally }: Grounds,
  holder: Holder | undefined,
  { random, id }: Luck,
  work: (tap: Tap, post: Post) => Promise<void>,
): Promise<Dropped | undefined> {
  if (holder === undefined) return 'no wristband';
  const [one, other] = [anyOf(random, tills), anyOf(random, tills)];
  const till = other.queue.length < one.queue.length ? other : one;
  const { post } = till;
  const tap: Tap = async (leaf, fields, agreedMinor, isTwice = false) => {
    const manner = drawManner(random);
    for (let isFirst = true; ; isFirst = false) {
      const tapId = id() as TapId;
      const actor = leaf === 'balance' ? {} : till.actor;
      const order = { leaf, request: { tapId, ...actor, ...fields }, agreedMinor, isTwice };
      if (isTwice) site.trace.note(post.till.id, 'pressed twice', { tapId });
      const answer = await visit(site, post, holder, order, manner);
      tally.tap(leaf, answer.outcome);
      if (!isFirst || answer.outcome !== 'fault' || answer.code !== SHIFT_NOT_OPEN) return answer;
      await till.reopen();
    }
  };
  const isServed = await till.queue.served(between(random, QUEUES_MS), async () => {
    await site.time.sleep(STEPS_UP_MS);
    await work(tap, post);
  });
  return isServed ? undefined : 'went away';
}
