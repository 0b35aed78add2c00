/** The frame of a sync batch, and every entry in it. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { decodeBatch, encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { vectors } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

/** Small, so that they are met. */
const LIMITS = { entries: 6, contentBytes: 400 };

export const target: Target = {
  shape: 'cbor',
  seeds: vectors('batches.json', ['bytes', 'batch', 'encoded', 'cbor']),
  run: input => {
    for (const limits of [undefined, LIMITS]) {
      const batch = attempt(['cbor-malformed'], () => decodeBatch(input, limits));
      if (batch === undefined) return limits !== undefined;
      holds(equalBytes(encodeBatch(batch, limits), input), 'it is other bytes when encoded again');
      for (const content of batch.contents) attempt(['cbor-malformed'], () => decodeEntry(content));
    }
    return true;
  },
};
