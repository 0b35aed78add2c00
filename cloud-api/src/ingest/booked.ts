/** What a change of a tap's state does to the books: the difference of `bookedBy`, without making either side of it. */
import type { Account } from '@pulsera/firmware-protocol/money/account';
import type { Books } from '@pulsera/firmware-protocol/purse/books';
import type { Change, WriteState } from '@pulsera/firmware-protocol/purse/graph';

export type Book = (account: Account, amountMinor: number) => void;

export function bookChange(tap: Books, { from, to }: Pick<Change, 'from' | 'to'>, book: Book): void {
  const held = Number(hasHeld(to)) - Number(from !== null && hasHeld(from));
  const posted = Number(to.status === 'posted') - Number(from?.status === 'posted');
  if (held !== 0) for (const { account, amountMinor } of tap.held) book(account, held * amountMinor);
  if (posted !== 0) for (const { account, amountMinor } of tap.posted) book(account, posted * amountMinor);
}

/** An abandoned top-up that was dropped keeps its cash in suspense. */
const hasHeld = ({ status, abandoned }: WriteState) => status !== 'dropped' || abandoned;
