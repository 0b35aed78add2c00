/** One visit to a till: the request is typed in, the wristband held out whenever the screen asks for it, and the answer read. */
import type { TapId } from '@pulsera/firmware-protocol/ids';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { TapLeaf, TapResult } from '@pulsera/firmware-protocol/wire/till';
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
  /** After a crash of the till: is it asked again, under the same id? */
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

/** @returns what the screen said in the end; undefined when no screen ever said it */
export async function visit(
  site: Site,
  post: Post,
  guest: Guest,
  { leaf, request, agreedMinor }: Order,
  manner: Manner,
): Promise<TapResult | undefined> {
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
  witness.tell(asked);
  let answer = await till.ask({ leaf, request });
  while (answer === 'crashed' && manner.resumes) {
    await time.sleep(HANDS_MS);
    witness.tell(asked);
    answer = await till.ask({ leaf, request });
  }
  isOver = true;
  // The screen is read, then the wristband is taken away.
  await time.sleep(manner.reactionMs);
  await reader.remove();
  if (!reader.isUp()) await plugged(post, time);
  if (answer === 'crashed' || !('tapId' in answer)) {
    witness.tell({ kind: 'left', tapId });
    return undefined;
  }
  if (answer.outcome === 'approved') await handOver(site, post, guest, leaf, tapId, answer.amountMinor);
  return answer;
}

/** Cash goes over the counter when the screen is green, and not before; what is paid out is confirmed to the box. */
async function handOver(
  { time, witness, chance }: Site,
  { till }: Post,
  { name: guest }: Guest,
  leaf: TapLeaf,
  tapId: TapId,
  amountMinor: number,
): Promise<void> {
  if (leaf !== 'topup' && leaf !== 'cashout') return;
  witness.tell({ kind: 'handed', guest, tapId, tender: 'cash', amountMinor: -amountMinor });
  if (leaf === 'topup') return;
  const request = { requestId: chance.uuid(`${till.id} payments`), tapId, operator: null };
  while ((await till.ask({ leaf: 'drawer-paid', request })) === 'crashed') await time.sleep(HANDS_MS);
}

/** Somebody puts the cable back; a box without power has no reader either way. */
async function plugged({ box, reader }: Post, time: VirtualTime): Promise<void> {
  await time.sleep(HANDS_MS);
  if (box.isUp) await reader.plug();
}
