/**
 * Where an attacked wristband began to live twice: at a copy, that of the copy and its own from then on; put back to an older state, what was
 * paid since that state and what was paid after. Two lives that were both written to are a fork.
 */
import { graphsOf } from './graphs.ts';
import { isInCloud } from './honest.ts';
import type { Attack, Notebook } from './notebook.ts';
import { type Touch, type Visit, wrote } from './visit.ts';

export interface Life {
  readonly thing: string;
  /** Green and written, in order, those that the cloud knows of. */
  readonly visits: readonly Visit[];
  /** What was taken with it at the tills, net of what was put on it there. */
  readonly tookMinor: number;
}

/** Both lives begin with the same bytes. */
export interface Parting {
  readonly attack: Attack;
  /** As if nobody had done anything to it. */
  readonly own: Life;
  readonly other: Life;
}

export function partingsOf(notebook: Notebook, uid: string): readonly Parting[] {
  const attacks = notebook.attacks.filter(attack => attack.uid === uid);
  const rollbacks = attacks.filter(({ how }) => how === 'rolled-back');
  const next = (thing: string, isAfter: (attack: Attack) => boolean) =>
    rollbacks.find(attack => attack.thing === thing && isAfter(attack))?.order ?? Number.POSITIVE_INFINITY;
  return attacks.flatMap(attack => {
    const { thing, how, order, sinceMs } = attack;
    if (how !== 'cloned' && how !== 'rolled-back') return [];
    const other = lifeOf(notebook, thing, touch =>
      isBetween(
        touch,
        order,
        next(thing, of => of.order > order),
      ),
    );
    const from = how === 'cloned' ? uid : thing;
    const until = next(from, of => (how === 'cloned' ? of.order > order : of.atMs > sinceMs));
    const own = lifeOf(notebook, from, touch =>
      how === 'cloned' ? isBetween(touch, order, until) : touch.atMs >= sinceMs && touch.order < until,
    );
    return [{ attack, own, other }];
  });
}

const isBetween = ({ order }: Touch, from: number, until: number) => order > from && order < until;

function lifeOf(notebook: Notebook, thing: string, isThen: (touch: Touch) => boolean): Life {
  const visits = notebook.visitsOf(thing).filter(visit => {
    const touch = notebook.touchOf(visit);
    return touch?.thing === thing && isThen(touch) && wrote(visit) && isKnown(notebook, visit);
  });
  const taken = visits.reduce(
    (sum, { leaf, shown }) => sum + (leaf === 'topup' ? 0 : Math.max(0, shown?.screen.amountMinor ?? 0)),
    0,
  );
  const put = visits.reduce(
    (sum, { leaf, shown }) => sum - (leaf === 'topup' ? (shown?.screen.amountMinor ?? 0) : 0),
    0,
  );
  return { thing, visits, tookMinor: Math.max(0, taken - put) };
}

/** In a journal that counts. */
function isKnown(notebook: Notebook, { tapId }: Visit): boolean {
  const { status } = graphsOf(notebook.cloud);
  return notebook.tapsOf(tapId).some(tap => isInCloud(notebook, tap) && status.get(tap.ref) === 'posted');
}
