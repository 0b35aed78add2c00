import type { BoxId, Epoch, EventId } from '@pulsera/firmware-protocol/ids';
import { expect, test } from 'vitest';
import { verdict } from './journal-commands.ts';

const verified = (entries: number, heads: number, cloudEntries: number) => ({
  event: 7 as EventId,
  box: 3 as BoxId,
  epochs: [{ epoch: 1 as Epoch, entries, heads }],
  cloudEntries,
});

test.each([
  [verified(0, 0, 0), '0 entries under 0 heads', "0 entries of the cloud's journal hold"],
  [verified(1, 1, 1), '1 entry under 1 head', "1 entry of the cloud's journal holds"],
  [verified(40, 7, 2), '40 entries under 7 heads', "2 entries of the cloud's journal hold"],
])('%o is told in proper words', (found, own, clouds) => {
  expect(verdict(found)).toEqual([`The journal of box 3 of event 7 holds (epoch 1: ${own})`, clouds]);
});
