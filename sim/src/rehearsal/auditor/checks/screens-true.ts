/** What stands on a green screen is what the guest would work out in the head. */
import type { Check, Found } from '../finding.ts';
import { isUnharmed } from '../honest.ts';
import type { Notebook } from '../notebook.ts';
import { readScreen } from '../screen.ts';
import type { Shown, Visit } from '../visit.ts';

export const screensTrue: Check = {
  name: 'screens-true',
  sentence: 'A green screen says what was agreed to, and the balance that this leaves',
  after(seen, notebook) {
    if (seen.kind !== 'showed') return [];
    if (!readScreen(seen.message)) {
      return [{ what: `till ${seen.till} showed what no till can show: ${JSON.stringify(seen.message)}` }];
    }
    const { last } = notebook;
    return last?.isFirstGreen && last.visit.shown ? [...lies(last.visit, last.visit.shown, notebook)] : [];
  },
};

function* lies(visit: Visit, { screen, before }: Shown, notebook: Notebook): Generator<Found> {
  const uid = notebook.touchOf(visit)?.uid;
  const about = { tapId: visit.tapId, uid, guest: notebook.guestOf(uid)?.name };
  if (visit.isCrooked || notebook.crookedBoxes.has(visit.box)) return;
  const agreed = agreedMinor(visit, notebook);
  if (agreed !== undefined && screen.amountMinor !== agreed) {
    yield { ...about, what: `${agreed} was agreed to, and the screen said ${screen.amountMinor}` };
  }
  if (uid === undefined || !before || !isUnharmed(notebook, uid)) return;
  const left = screen.balanceMinor + screen.bonusMinor;
  if (before.some(total => total + screen.loadedMinor - screen.amountMinor === left)) return;
  const sum = `${before.join(' or ')} + ${screen.loadedMinor} - ${screen.amountMinor}`;
  yield { ...about, what: `the screen left ${left}, which isn't ${sum}` };
}

/** Off the wristband, positive. */
function agreedMinor({ leaf, amountMinor, ofTapId }: Visit, { visits }: Notebook): number | undefined {
  if (leaf === 'balance') return 0;
  if (leaf === 'reverse') {
    const undone = visits.get(ofTapId ?? '')?.shown?.screen.amountMinor;
    return undone && -undone;
  }
  if (amountMinor === null) return undefined;
  return leaf === 'topup' ? -amountMinor : amountMinor;
}
