import type { Read } from '../../../audit/entry.ts';
import type { Check, Found } from '../finding.ts';
import type { Stored } from '../shelf.ts';

type Lines = ReadonlyMap<string, number>;

export const entriesBalance: Check = {
  name: 'entries-balance',
  sentence: 'Every entry can be read, and its postings sum to zero',
  after: (seen, { fresh }) => (seen.kind === 'stored' ? fresh.flatMap(flaws) : []),
  atEnd: ({ cloud }) => [...cloud.entries.values()].filter(({ box }) => box === 0).flatMap(flaws),
};

function flaws({ ref, read }: Stored): Found[] {
  if (!read) return [{ what: `entry ${ref} can't be read`, refs: [ref] }];
  return linesOf(read).flatMap(lines => {
    const sum = [...lines.values()].reduce((total, amountMinor) => total + amountMinor, 0);
    return sum === 0 ? [] : [{ what: `the postings of ${read.kind} ${ref} sum to ${sum}`, refs: [ref] }];
  });
}

function linesOf(read: Read): readonly Lines[] {
  if (read.kind === 'tap') return [read.held, read.posted];
  if (read.kind === 'reversal-granted') return [read.undone];
  return 'postings' in read ? [read.postings] : [];
}
