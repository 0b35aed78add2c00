/** A posting in the journal: [family number, what it belongs to, amount]. A wallet is its 8 bytes, not its text. */

import { Fault } from '../fault.ts';
import { FAMILIES, type Family, make, parseAccount } from '../money/account.ts';
import { assertBalanced, type Posting, type Postings } from '../money/posting.ts';
import { type Codec, hex, list, text } from './codec.ts';

const wallet = hex(8);
const name = text(32);
const FAMILY_OF = new Map<number, Family>(
  Object.entries(FAMILIES).map(([family, { number }]) => [number, family as Family]),
);
const isWallet = (family: Family) => family === 'wallet-main' || family === 'wallet-bonus';

const posting: Codec<Posting> = {
  write: (out, { account, amountMinor }) => {
    const { family, of } = parseAccount(account);
    out.array(of === null ? 2 : 3);
    out.int(FAMILIES[family].number);
    if (of !== null) (isWallet(family) ? wallet : name).write(out, of);
    out.int(amountMinor);
  },
  read: input => {
    const start = input.offset;
    const length = input.array(2, 3);
    const family = FAMILY_OF.get(input.int(0, 255)) ?? input.fail('an unknown account', start);
    const shape = FAMILIES[family].of;
    if ((shape === null) !== (length === 2)) input.fail('an account with too much or too little', start);
    if (shape === null) return { account: make(family), amountMinor: input.int() };
    const ofWallet = isWallet(family);
    const of = (ofWallet ? wallet : name).read(input);
    // Eight bytes are a wallet whatever they are.
    if (!ofWallet && !shape.test(of)) input.fail('an unknown account', start);
    return { account: make(family, of), amountMinor: input.int() };
  },
};

const lines = list(posting, 64);

/** As `postings()` makes them: no zero, each account once, in order. So the same lines always have the same bytes. */
const isCanonical = (value: Postings) =>
  value.every(({ account, amountMinor }, i) => {
    const before = value[i - 1];
    return amountMinor !== 0 && (before === undefined || before.account < account);
  });

/** Rejects what doesn't sum to zero, in both directions: a box can't write it, and the cloud doesn't take it. */
export const postingsCodec: Codec<Postings> = {
  write: (out, value) => {
    assertBalanced(value);
    if (!isCanonical(value)) throw new RangeError('postings are zero, twice or out of order: use postings()');
    lines.write(out, value);
  },
  read: input => {
    const start = input.offset;
    const value = lines.read(input);
    try {
      assertBalanced(value);
    } catch (error) {
      if (error instanceof Fault) input.fail('postings that do not sum to zero', start);
      throw error;
    }
    if (!isCanonical(value)) input.fail('postings that are zero, twice or out of order', start);
    return value;
  },
};
