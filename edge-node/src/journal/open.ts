import type { Journal, JournalOptions } from './journal.ts';

export function openJournal(options: JournalOptions): Journal {
  throw new Error(`not yet: ${options.file}`);
}
