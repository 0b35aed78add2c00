/** A journal's entry: what the box's codec takes has one encoding only, and the auditor, who has a reader of his own, takes it too. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { decodeEntry, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { readEntry } from '../../audit/entry.ts';
import { vectors } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

export const target: Target = {
  shape: 'cbor',
  seeds: vectors('entries.json', ['content']),
  words: ['bar-1', 'ann', 'main-bar', '\ufeffbar', 'é'],
  run: input => {
    const entry = attempt(['cbor-malformed'], () => decodeEntry(input));
    if (entry === undefined) {
      attempt(['archive-malformed'], () => readEntry(input, 1, 'here'));
      return false;
    }
    holds(equalBytes(encodeEntry(entry), input), 'it is other bytes when encoded again');
    readEntry(input, entry.seq, 'here');
    return true;
  },
};
