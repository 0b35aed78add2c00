/** A process that sells until it is killed, and says what it was answered. Arguments: folder, number of the first tap. */
import { writeSync } from 'node:fs';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { openJournal } from '../src/journal/journal.ts';
import { sampleOptions, settlementDraft, tapDraft } from './journal-sample.ts';

const [dir = '', first = '1'] = process.argv.slice(2);
const journal = openJournal(sampleOptions(dir));

async function sell(n: number): Promise<void> {
  const [tap] = await journal.append([tapDraft(n)]);
  await journal.append([settlementDraft(n, tap?.seq ?? (0 as Seq))]);
  // Synchronous, so that an answer is never lost in a buffer of our own.
  writeSync(1, `${n}\n`);
}

for (let n = Number(first); ; n += 4) await Promise.all([n, n + 1, n + 2, n + 3].map(sell));
