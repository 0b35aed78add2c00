/**
 * The chart of accounts. An account is text with a fixed first word, so that it reads the same in a posting, a table
 * and an export. Assets grow with positive postings, liabilities and revenue with negative ones.
 */
import { Fault } from '../fault.ts';
import type { StandId, TillId, WalletId } from '../ids.ts';

const WALLET = /^[0-9a-f]{16}$/;
const SLUG = /^[a-z0-9][a-z0-9-]{0,31}$/;
const RATE = /^(?:0|[1-9]\d{0,4})$/;

/** Account families: what stands behind the colon, if anything, and each family's number in the journal (for ever). */
export const FAMILIES = {
  /** Owed to a guest and spendable as cash: `wallet-main:<wallet>`. On the chip, or online and not yet loaded. */
  'wallet-main': { number: 1, of: WALLET },
  /** Owed to a guest as vouchers and gifts, never cashed out: `wallet-bonus:<wallet>`. */
  'wallet-bonus': { number: 2, of: WALLET },
  /** Notes and coins in a till's drawer: `cash:<till>`. */
  cash: { number: 3, of: SLUG },
  /** Card money taken at a till and not yet paid out by the acquirer. */
  'card-clearing': { number: 4, of: null },
  /** Money paid online and not yet paid out by the payment provider. */
  'online-clearing': { number: 5, of: null },
  /** What the organizer gave as bonus: the other side of `wallet-bonus`. */
  promotion: { number: 6, of: null },
  /** Sales without tax: `revenue:<stand>`. */
  revenue: { number: 7, of: SLUG },
  /** Tax owed, per rate in basis points: `tax:<rate>`. */
  tax: { number: 8, of: RATE },
  /** Cups handed out, to be paid back when they return. */
  deposit: { number: 9, of: null },
  /** Guests' money nobody claimed until the event was closed. */
  breakage: { number: 10, of: null },
  /** What clones and rolled-back chips spent. */
  'fraud-loss': { number: 11, of: null },
  /** Differences nobody can explain yet: a drawer's over or short. */
  unattributed: { number: 12, of: null },
  /** Cash or card taken for a top-up that isn't proven to be on the chip yet. */
  'topup-suspense': { number: 13, of: null },
  /** Taken off a chip to be paid out in cash, and not handed over yet. */
  'cashout-payable': { number: 14, of: null },
  /** Tenders of a sale that isn't complete yet. */
  'sale-in-progress': { number: 15, of: null },
} as const satisfies Record<string, { number: number; of: RegExp | null }>;

export type Family = keyof typeof FAMILIES;
declare const account: unique symbol;
export type Account = string & { readonly [account]: true };

/** A stand's revenue is posted to with every tap: one text for it, so that comparing it is comparing a pointer. */
const KEPT = new Map<Family, Map<string, Account>>();
const MAX_KEPT = 4096;

/** The account of a family, and of whom. The parts are the caller's to check. */
export function make(family: Family, of?: string): Account {
  if (of === undefined) return family as string as Account;
  // There are too many wallets to keep.
  if (FAMILIES[family].of === WALLET) return `${family}:${of}` as Account;
  const kept = KEPT.get(family) ?? new Map<string, Account>();
  const known = kept.get(of);
  if (known !== undefined) return known;
  if (kept.size >= MAX_KEPT) kept.clear();
  const account = `${family}:${of}` as Account;
  KEPT.set(family, kept.set(of, account));
  return account;
}

export const accounts = {
  walletMain: (wallet: WalletId) => make('wallet-main', wallet),
  walletBonus: (wallet: WalletId) => make('wallet-bonus', wallet),
  cash: (till: TillId) => make('cash', till),
  cardClearing: make('card-clearing'),
  onlineClearing: make('online-clearing'),
  promotion: make('promotion'),
  revenue: (stand: StandId) => make('revenue', stand),
  tax: (rateBp: number) => make('tax', String(rateBp)),
  deposit: make('deposit'),
  breakage: make('breakage'),
  fraudLoss: make('fraud-loss'),
  unattributed: make('unattributed'),
  topupSuspense: make('topup-suspense'),
  cashoutPayable: make('cashout-payable'),
  saleInProgress: make('sale-in-progress'),
} as const;

/** Splits `revenue:bar` into family and what it belongs to. @throws Fault `account-unknown` */
export function parseAccount(text: string): {
  readonly account: Account;
  readonly family: Family;
  readonly of: string | null;
} {
  const [family = '', of = null, ...rest] = text.split(':');
  const shape = Object.hasOwn(FAMILIES, family) ? FAMILIES[family as Family].of : undefined;
  const fits = shape === null ? of === null : shape !== undefined && of !== null && shape.test(of);
  if (!fits || rest.length > 0) {
    throw new Fault('account-unknown', `Post to an account of the chart; ${text} isn't one.`);
  }
  return { account: text as Account, family: family as Family, of };
}
