import type { CaseDraft } from '../../case.ts';
import type { CaseFile } from '../case-file.ts';
import type { EventTables } from './event-tables.ts';

const keyOf = ({ kind, subject }: Pick<CaseDraft, 'kind' | 'subject'>) => `${kind} ${subject}`;

export function caseFileIn({ cases }: EventTables): CaseFile {
  return {
    async file(drafts, nowMs) {
      for (const { kind, subject, uid, refs, detail, lossBoundMinor } of drafts) {
        const key = keyOf({ kind, subject });
        const found = {
          refs: refs.map(({ box, epoch, seq }) => ({ box, epoch, seq })),
          detail: { ...detail },
        };
        const known = cases.get(key);
        if (known) {
          cases.put(key, { ...known, ...found, lossBoundMinor: lossBoundMinor ?? known.lossBoundMinor });
        } else {
          const number = cases.size + 1;
          cases.insert(key, {
            number,
            kind,
            subject,
            uid,
            ...found,
            lossBoundMinor,
            openedAtMs: nowMs,
            state: 'open',
          });
        }
      }
    },
    async setLossBound(of, lossMinor) {
      const known = cases.get(keyOf(of));
      if (known) cases.put(keyOf(of), { ...known, lossBoundMinor: lossMinor });
    },
    async list(after, limit) {
      const behind = cases.all().filter(({ number }) => number > after);
      return behind.sort((a, b) => a.number - b.number).slice(0, limit);
    },
  };
}
