import type { TillId, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import { postings, reversed } from '@pulsera/firmware-protocol/money/posting';
import { bookedBy, books } from '@pulsera/firmware-protocol/purse/books';
import type { WriteState } from '@pulsera/firmware-protocol/purse/graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bookChange } from './booked.ts';

const state: fc.Arbitrary<WriteState> = fc.record({
  status: fc.constantFrom('pending', 'posted', 'dropped'),
  abandoned: fc.boolean(),
});
const tap = books(
  [
    { kind: 'cash-topup', amountMinor: 1000, tender: 'cash' },
    { kind: 'cash-out', amountMinor: 300 },
  ],
  '00'.repeat(8) as WalletId,
  'bar-1' as TillId,
);

test('a change books exactly the difference between what was booked before and after it', () => {
  fc.assert(
    fc.property(fc.option(state), state, (from, to) => {
      const lines: [Account, number][] = [];
      bookChange(tap, { from, to }, (account, amountMinor) => lines.push([account, amountMinor]));
      const before = from === null ? [] : bookedBy(tap, from.status, from.abandoned);
      const difference = [...bookedBy(tap, to.status, to.abandoned), ...reversed(before)];
      expect(postings(...lines)).toEqual(
        postings(...difference.map(({ account, amountMinor }) => [account, amountMinor] as const)),
      );
    }),
  );
});
