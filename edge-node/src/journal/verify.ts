import type { JournalOptions } from './journal.ts';

export function verifyJournal(options: Pick<JournalOptions, 'file' | 'verify' | 'sha256'>): void {
  throw new Error(`not yet: ${options.file}`);
}
