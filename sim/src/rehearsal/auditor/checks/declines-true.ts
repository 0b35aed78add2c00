/** A decline is believed by the operator, and the guest stands there: it must be so. */
import type { Check, Found } from '../finding.ts';
import { isHonest, lostEntries, mayBeDead } from '../honest.ts';
import type { Notebook } from '../notebook.ts';
import type { TapScreen } from '../screen.ts';
import type { Visit } from '../visit.ts';

/** What nobody may tell an honest guest, and what would make it true. */
const NEVER: Readonly<Record<string, (uid: string, notebook: Notebook) => boolean>> = {
  'chip-forged': (uid, notebook) => mayBeDead(notebook, uid),
  'image-forked': () => false,
  'image-stale': (uid, notebook) => mayBeDead(notebook, uid),
  'chip-blank': () => false,
  'wrong-event': () => false,
  'chip-blocked': (uid, notebook) => notebook.outOfUse.has(uid) || lostEntries(notebook, uid).length > 0,
  'chip-replaced': (uid, notebook) => notebook.outOfUse.has(uid),
};

/** What must be so by what the guest knows. Undefined where the guest knows nothing about it. */
const WHEN: Readonly<Record<string, (visit: Visit, notebook: Notebook) => boolean | undefined>> = {
  'insufficient-balance': isShort,
  'cash-out-nothing': (visit, notebook) => mayHold(visit, notebook)?.some(total => total <= bonusOf(visit)),
  'reversal-done': ({ ofTapId }, { visits }) => [...visits.values()].some(isReversalOf(ofTapId)),
};

export const declinesTrue: Check = {
  name: 'declines-true',
  sentence: 'What a guest is declined for is so',
  after(seen, notebook) {
    const { last } = notebook;
    return seen.kind === 'showed' && last ? [...lies(last.visit, last.screen, notebook)] : [];
  },
};

function* lies(visit: Visit, screen: TapScreen, notebook: Notebook): Generator<Found> {
  const reason = 'reason' in screen ? screen.reason : null;
  const touch = visit.touches.at(-1);
  if (reason === null || !touch || !isHonest(notebook, touch.uid)) return;
  const guest = notebook.guestOf(touch.uid)?.name;
  const about = { tapId: visit.tapId, uid: touch.uid, guest };
  const isExcused = NEVER[reason];
  if (isExcused && !isExcused(touch.uid, notebook)) {
    yield { ...about, what: `an honest guest is told ${reason}` };
  }
  // What a till that lies asked for is another sum than was agreed to.
  if (visit.isCrooked || !('outcome' in screen) || WHEN[reason]?.(visit, notebook) !== false) return;
  const held = mayHold(visit, notebook)?.join(' or ');
  yield { ...about, what: `it says ${reason}, and the wristband holds ${held}` };
}

function mayHold(visit: Visit, notebook: Notebook): readonly number[] | undefined {
  return notebook.mayHold(visit.touches.at(-1)?.thing ?? '');
}

function isShort(visit: Visit, notebook: Notebook): boolean | undefined {
  const held = mayHold(visit, notebook);
  const needed = neededMinor(visit, notebook);
  if (!held || needed === undefined) return undefined;
  // Bonus pays for a charge, and is never paid out.
  const isMainOnly = visit.leaf === 'cashout';
  return held.some(total => total - (isMainOnly ? bonusOf(visit) : 0) < needed);
}

/** What the tap would take off the wristband. */
function neededMinor({ leaf, amountMinor, ofTapId }: Visit, { visits }: Notebook): number | undefined {
  if (leaf === 'charge' || leaf === 'cashout') return amountMinor ?? undefined;
  const undone = leaf === 'reverse' && ofTapId !== null ? visits.get(ofTapId)?.shown : undefined;
  return undone && -undone.screen.amountMinor;
}

function bonusOf({ screens }: Visit): number {
  const last = screens.at(-1);
  return last && 'bonusMinor' in last ? (last.bonusMinor ?? 0) : 0;
}

const isReversalOf = (sale: string | null) => (visit: Visit) =>
  visit.leaf === 'reverse' &&
  visit.ofTapId === sale &&
  visit.touches.length > 0 &&
  visit.standing !== 'declined';
