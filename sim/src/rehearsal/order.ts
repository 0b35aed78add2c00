/** What a guest comes for. */
import type { SaleId, TapId } from '@pulsera/firmware-protocol/ids';
import type { TapLeaf } from '@pulsera/firmware-protocol/wire/till';
import { anyOf, type Chance } from './chance.ts';
import type { Guest } from './guest.ts';
import type { Post } from './site.ts';

export interface Order {
  readonly leaf: TapLeaf;
  readonly request: { readonly tapId: TapId } & Readonly<Record<string, unknown>>;
  /** What the guest agreed to, as the board says it; null where nobody named a sum. */
  readonly agreedMinor: number | null;
}

type Draw = (chance: Chance, guest: Guest, post: Post) => Order | undefined;

/** How many of a hundred come for what; where it can't be done, they look at their balance. */
const WISHES: readonly (readonly [share: number, draw: Draw])[] = [
  [30, topUp],
  [45, charge],
  [10, reverse],
  [8, cashOut],
  [7, balance],
];

export function drawOrder(chance: Chance, guest: Guest, post: Post): Order {
  let drawn = chance.of(`${post.till.id} wishes`).below(100);
  const draw = WISHES.find(([share]) => {
    drawn -= share;
    return drawn < 0;
  })?.[1];
  return draw?.(chance, guest, post) ?? balance(chance, guest, post);
}

const nobody = { operator: null, shift: null };

function topUp(chance: Chance, _: Guest, { till }: Post): Order {
  const amountMinor = 500 * (1 + chance.of(`${till.id} amounts`).below(8));
  return {
    leaf: 'topup',
    request: { tapId: tapId(chance, till.id), ...nobody, amountMinor, tender: 'cash' },
    agreedMinor: amountMinor,
  };
}

function charge(chance: Chance, _: Guest, { till }: Post): Order {
  const random = chance.of(`${till.id} carts`);
  const lines = [{ product: anyOf(random, Object.keys(BOARD_MINOR)), quantity: 1 + random.below(3) }];
  const saleId = chance.uuid(`${till.id} sales`) as SaleId;
  return {
    leaf: 'charge',
    request: { tapId: tapId(chance, till.id), saleId, ...nobody, lines },
    agreedMinor: boardMinor(lines),
  };
}

/** As it hangs above the bar, deposits included. */
const BOARD_MINOR: Readonly<Record<string, number>> = { beer: 600, water: 200, cup: -100 };
const boardMinor = (lines: readonly { product: string; quantity: number }[]) =>
  lines.reduce((sum, { product, quantity }) => sum + quantity * (BOARD_MINOR[product] ?? 0), 0);

/** Where it was bought; elsewhere the cloud has to allow it. */
function reverse(chance: Chance, guest: Guest, { till, box }: Post): Order | undefined {
  const sale = guest.sales.findLast(of => of.box === box.number);
  if (sale === undefined) return undefined;
  return {
    leaf: 'reverse',
    request: { tapId: tapId(chance, till.id), ...nobody, ofTapId: sale.tapId },
    agreedMinor: null,
  };
}

function cashOut(chance: Chance, _: Guest, { till }: Post): Order {
  const amountMinor = chance.of(`${till.id} amounts`).chance(0.5) ? null : 300;
  return {
    leaf: 'cashout',
    request: { tapId: tapId(chance, till.id), ...nobody, amountMinor },
    agreedMinor: amountMinor,
  };
}

function balance(chance: Chance, _: Guest, { till }: Post): Order {
  return { leaf: 'balance', request: { tapId: tapId(chance, till.id) }, agreedMinor: null };
}

const tapId = (chance: Chance, till: string) => chance.uuid(`${till} taps`) as TapId;
