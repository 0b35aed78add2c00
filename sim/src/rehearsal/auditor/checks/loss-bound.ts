/** What a case displays as the most that can be lost is no less than what was. */
import type { Check } from '../finding.ts';
import { livesOf } from '../lives.ts';

export const lossBound: Check = {
  name: 'loss-bound',
  sentence: 'The loss by a copied or rolled-back wristband is within the bound that its case displays',
  atEnd(notebook) {
    return notebook.rows.cases.flatMap(({ kind, uid, refs, lossBoundMinor }) => {
      if (kind !== 'fork' || uid === null) return [];
      const of = notebook.rows.cases.filter(other => other.kind === 'fork' && other.uid === uid);
      // Several forks of one wristband: their bounds together.
      if (of[0]?.refs !== refs) return [];
      const bound = of.reduce((sum, other) => sum + (other.lossBoundMinor ?? 0), 0);
      const lost = lossMinor(notebook, uid);
      if (lossBoundMinor !== null && lost <= bound) return [];
      const says = lossBoundMinor === null ? 'no bound' : `${bound} at most`;
      return [{ what: `${lost} were lost, and its case says ${says}`, uid, refs }];
    });
  },
};

/**
 * What the copies took: a copy is nobody's own. Of the states that one piece of plastic was put back to, the one that took most counts as
 * the guest's own, since nobody could say which.
 */
function lossMinor(notebook: Parameters<typeof livesOf>[0], uid: string): number {
  const lives = livesOf(notebook, uid);
  const copies = lives.filter(({ thing }) => thing !== uid);
  const own = lives.filter(({ thing }) => thing === uid).map(({ tookMinor }) => tookMinor);
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amountMinor) => total + amountMinor, 0);
  return sum(copies.map(({ tookMinor }) => tookMinor)) + sum(own) - Math.max(0, ...own);
}
