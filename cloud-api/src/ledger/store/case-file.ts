/** Cases on file. Whoever writes here holds the lock of the cloud's journal. */
import type { Case, CaseDraft } from '../case.ts';

export interface CaseFile {
  /** New findings get the next number; of those on file, the figures are brought up to date. */
  file(drafts: readonly CaseDraft[], nowMs: number): Promise<void>;
  /** Of a case that is on file; else nothing. */
  setLossBound(of: Pick<CaseDraft, 'kind' | 'subject'>, lossMinor: number): Promise<void>;
  /** As they were filed, by number. @param after a number */
  list(after: number, limit: number): Promise<Case[]>;
}
