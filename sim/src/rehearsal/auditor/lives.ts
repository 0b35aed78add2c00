/**
 * The lives of an attacked wristband: its own since it was first copied, that of each copy, and a new one each time that it is put
 * back to an older state. Two lives that were both written to are a fork.
 */
import { graphsOf } from './graphs.ts';
import { isInCloud } from './honest.ts';
import type { Notebook } from './notebook.ts';
import { type Visit, wrote } from './visit.ts';

export interface Life {
  readonly thing: string;
  /** Green and written, in order, those that the cloud knows of. */
  readonly visits: readonly Visit[];
  /** What was taken with it at the tills, net of what was put on it there. */
  readonly tookMinor: number;
}

export function livesOf(notebook: Notebook, uid: string): readonly Life[] {
  const attacks = notebook.attacks.filter(attack => attack.uid === uid && attack.how !== 'edited');
  const [first] = attacks;
  if (!first) return [];
  const lives: Life[] = [];
  for (const thing of new Set([uid, ...attacks.map(attack => attack.thing)])) {
    // A rollback goes back behind what was written last: that is its other branch, from the start on.
    const cuts = attacks.filter(attack => attack.thing === thing).map(({ order }) => order);
    const isRolledBack = attacks.some(attack => attack.thing === thing && attack.how === 'rolled-back');
    const begin = thing === uid && !isRolledBack ? first.order : 0;
    const starts = thing === uid ? [begin, ...cuts] : cuts;
    starts.forEach((from, i) => {
      lives.push(lifeOf(notebook, thing, from, starts[i + 1] ?? Number.POSITIVE_INFINITY));
    });
  }
  return lives;
}

function lifeOf(notebook: Notebook, thing: string, from: number, until: number): Life {
  const visits = notebook.visitsOf(thing).filter(visit => {
    const touch = notebook.touchOf(visit);
    const isThen = touch?.thing === thing && touch.order > from && touch.order < until;
    return isThen && wrote(visit) && isKnown(notebook, visit);
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
