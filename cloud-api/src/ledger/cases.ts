/** Cases on file, as staff read them. */
import type { Case } from './case.ts';
import { withForkBounds } from './fork-bound.ts';
import type { Ledger } from './store/store.ts';

/** With what a fork can have cost by now. */
export async function listCases(ledger: Ledger, after: number, limit: number): Promise<Case[]> {
  return withForkBounds(ledger, await ledger.cases.list(after, limit));
}
