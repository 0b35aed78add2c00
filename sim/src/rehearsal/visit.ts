/** One visit to a till: the request is typed in, the wristband held out whenever the screen asks for it, and the answer read. */
import type { TapId } from '@pulsera/firmware-protocol/ids';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { TapLeaf, TapResult, TillResult } from '@pulsera/firmware-protocol/wire/till';
import { between } from './chance.ts';
import { type Holder, HoldingOut, plugged } from './holding-out.ts';
import { moneyFor, payOut } from './money.ts';
import type { Post, Site } from './site.ts';
import { HANDS_MS, type TillAsk } from './till.ts';

/** What for. */
export interface Order {
  readonly leaf: TapLeaf;
  readonly request: { readonly tapId: TapId } & Readonly<Record<string, unknown>>;
  /** What the guest agreed to, as the board says it; null where nobody named a sum. */
  readonly agreedMinor: number | null;
  /** The button is pressed twice: the same request is sent twice at once. */
  readonly isTwice?: boolean;
}

/** How this guest behaves. */
export interface Manner {
  /** From a prompt to the wristband at the reader. */
  readonly reactionMs: number;
  /** Asked to tap again oftener than that, has it cancelled. */
  readonly patience: number;
  /** From the request on; then goes away. */
  readonly staysMs: number;
  /**
   * A till keeps on its disk what it asked: after a crash it asks again under the same id, or has that cancelled (docs/wire.md). Goes on to
   * the next guest without either it may not: a box can't know which answer arrived.
   */
  readonly resumes: boolean;
}

const REACTION_MS = [200, 2_000] as const;
const STAYS_MS = [40_000, 180_000] as const;

export function drawManner(random: Random): Manner {
  const isHasty = random.chance(0.03);
  const staysMs = between(random, STAYS_MS);
  return {
    reactionMs: between(random, REACTION_MS),
    patience: random.chance(0.1) ? 0 : 3 + random.below(3),
    // Gone before the wristband was held out.
    staysMs: isHasty ? REACTION_MS[0] / 2 : staysMs,
    resumes: random.chance(0.7),
  };
}

/** How often a fault is met by asking again, before the operator presses cancel. */
const RETRIES = 3;

/** @returns what the screen said in the end */
export async function visit(
  site: Site,
  post: Post,
  holder: Holder,
  order: Order,
  manner: Manner,
): Promise<TapResult> {
  const { time, witness } = site;
  const { till, box, reader } = post;
  const { leaf, request, agreedMinor } = order;
  const { tapId } = request;
  const ofTapId = typeof request.ofTapId === 'string' ? request.ofTapId : null;
  const tellAsked = () =>
    witness.tell({
      kind: 'asked',
      tapId,
      till: till.id,
      box: box.number,
      leaf,
      amountMinor: agreedMinor,
      ofTapId,
    });
  tellAsked();
  const money = moneyFor(site, post, holder.name, order);
  money?.put();
  const guest = new HoldingOut(site, post, holder, tapId, manner, money !== undefined);
  const answer = await operate(site, post, order, manner.resumes, tellAsked);
  guest.end();
  // The screen is read, then the wristband is taken away.
  await time.sleep(manner.reactionMs);
  await reader.remove();
  if (!reader.isUp()) await plugged(post, time);
  if (!('tapId' in answer)) throw new RangeError(`Tap ${tapId} was answered as something else.`);
  if (isUntouched(answer)) money?.takeBack();
  const isPaidOut = leaf === 'cashout' && answer.outcome === 'approved' && !guest.hasLeft;
  if (isPaidOut) await payOut(site, post, holder.name, order, answer.amountMinor);
  return answer;
}

/** The operator's part. */
async function operate(
  { time }: Site,
  { till, box, reader }: Post,
  { leaf, request, isTwice = false }: Order,
  resumes: boolean,
  tellAsked: () => void,
): Promise<TillResult> {
  const cancel: TillAsk = { leaf: 'cancel', request: { tapId: request.tapId } };
  let asking: TillAsk = { leaf, request };
  let answering = till.ask(asking);
  if (isTwice) till.tell(asking);
  for (let retries = RETRIES; ; ) {
    const answer = await answering;
    if (answer !== 'crashed') {
      if (isFinal(answer) || asking === cancel) return answer;
      retries -= 1;
      if (retries < 0) asking = cancel;
    }
    await time.sleep(HANDS_MS);
    if (box.isUp && !reader.isUp()) await reader.plug();
    if (asking !== cancel) tellAsked();
    answering = till.ask(asking);
    if (answer === 'crashed' && !resumes) till.tell(cancel);
  }
}

/** A fault may pass; but where no shift is open there never is an answer. */
const isFinal = (answer: TillResult) => answer.outcome !== 'fault' || answer.code === SHIFT_NOT_OPEN;

/** The box knows of no such shift: nothing was begun. */
export const SHIFT_NOT_OPEN = 'shift-not-open';

const isUntouched = (answer: TapResult) =>
  answer.outcome === 'declined' ||
  (answer.outcome === 'cancelled' && answer.chip === 'untouched') ||
  (answer.outcome === 'fault' && answer.code === SHIFT_NOT_OPEN);
