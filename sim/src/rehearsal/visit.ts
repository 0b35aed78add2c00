/** One visit to a till: the request is typed in, the wristband held out whenever the screen asks for it, and the answer read. */
import type { TapId } from '@pulsera/firmware-protocol/ids';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import { between } from './chance.ts';
import type { Guest } from './guest.ts';
import type { Order } from './order.ts';
import type { Post, Site } from './site.ts';
import type { VirtualTime } from './time.ts';

/** How this guest behaves. */
export interface Manner {
  /** From a prompt to the wristband at the reader. */
  readonly reactionMs: number;
  /** Asked to tap again oftener than that, goes away. */
  readonly patience: number;
  /** A till keeps on its disk what it asked: after a crash it asks again, under the same id. Or is it cancelled then? */
  readonly resumes: boolean;
}

const REACTION_MS = [200, 2_000] as const;

export function drawManner(random: Random): Manner {
  return {
    reactionMs: between(random, REACTION_MS),
    patience: random.chance(0.1) ? 0 : 3 + random.below(3),
    resumes: random.chance(0.7),
  };
}

/** Until somebody puts a cable back, or a till has started anew. */
const HANDS_MS = 4_000;

/** @returns what the screen said in the end */
export async function visit(
  site: Site,
  post: Post,
  guest: Guest,
  { leaf, request, agreedMinor }: Order,
  manner: Manner,
): Promise<TapResult> {
  const { time, witness } = site;
  const { till, box, reader } = post;
  const { tapId } = request;
  const ofTapId = typeof request.ofTapId === 'string' ? request.ofTapId : null;
  const asked = {
    kind: 'asked',
    tapId,
    till: till.id,
    box: box.number,
    leaf,
    amountMinor: agreedMinor,
    ofTapId,
  } as const;
  let isOver = false;
  let again = 0;
  const present = async () => {
    if (isOver) return;
    if (!reader.isUp()) await plugged(post, time);
    // Meanwhile the guest may have gone, and another one stands there.
    if (isOver) return;
    witness.tell({ kind: 'presented', tapId, uid: guest.uid, thing: guest.uid });
    await reader.present(guest.chip);
  };
  till.onPrompt = prompt => {
    if (prompt.tapId !== tapId || isOver) return;
    if (prompt.ask === 'remove-wristband') time.beside(reader.remove(guest.chip));
    if (prompt.ask === 'present-wristband') time.after(manner.reactionMs, () => time.beside(present()));
    if (prompt.ask !== 'tap-again') return;
    again += 1;
    if (again > manner.patience) {
      till.tell({ leaf: 'cancel', request: { tapId } });
      return;
    }
    time.beside(reader.remove());
    time.after(manner.reactionMs, () => time.beside(present()));
  };
  const onCounterMinor = leaf === 'topup' ? (agreedMinor ?? 0) : 0;
  const hand = (amountMinor: number) =>
    witness.tell({ kind: 'handed', guest: guest.name, tapId, tender: 'cash', amountMinor });
  witness.tell(asked);
  if (onCounterMinor > 0) hand(onCounterMinor);
  let answer = await till.ask({ leaf, request });
  while (answer === 'crashed') {
    await time.sleep(HANDS_MS);
    witness.tell(asked);
    const again = till.ask({ leaf, request });
    if (!manner.resumes) till.tell({ leaf: 'cancel', request: { tapId } });
    answer = await again;
  }
  isOver = true;
  // The screen is read, then the wristband is taken away.
  await time.sleep(manner.reactionMs);
  await reader.remove();
  if (!reader.isUp()) await plugged(post, time);
  if (!('tapId' in answer)) throw new RangeError(`Tap ${tapId} was answered as something else.`);
  if (answer.outcome === 'approved' && leaf === 'cashout') {
    hand(-answer.amountMinor);
    await confirmPaid(site, post, tapId);
  }
  if (onCounterMinor > 0 && isUntouched(answer)) hand(-onCounterMinor);
  return answer;
}

/** What lies on the counter goes back then; else it stays, and what wasn't loaded comes back online. */
const isUntouched = (answer: TapResult): boolean =>
  answer.outcome === 'declined' ||
  answer.outcome === 'fault' ||
  (answer.outcome === 'cancelled' && answer.chip === 'untouched');

/** What was paid out is confirmed to the box. */
async function confirmPaid({ time, chance }: Site, { till }: Post, tapId: TapId): Promise<void> {
  const request = { requestId: chance.uuid(`${till.id} payments`), tapId, operator: null };
  while ((await till.ask({ leaf: 'drawer-paid', request })) === 'crashed') await time.sleep(HANDS_MS);
}

/** Somebody puts the cable back; a box without power has no reader either way. */
async function plugged({ box, reader }: Post, time: VirtualTime): Promise<void> {
  await time.sleep(HANDS_MS);
  if (box.isUp) await reader.plug();
}
