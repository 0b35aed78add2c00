/** Money over the counter: what is topped up lies there from the request on, what is cashed out is handed over behind the green screen. */
import type { Post, Site } from './site.ts';
import { insist } from './till.ts';
import type { Order } from './visit.ts';

interface OnTheCounter {
  put(): void;
  /** Once the wristband is known to be untouched. */
  takeBack(): void;
}

/** Undefined for what isn't a top-up. */
export function moneyFor(site: Site, post: Post, guest: string, order: Order): OnTheCounter | undefined {
  const { leaf, request, agreedMinor } = order;
  if (leaf !== 'topup' || agreedMinor === null) return undefined;
  const tender = request.tender === 'card' ? 'card' : 'cash';
  const hand = (amountMinor: number) => {
    if (tender === 'cash') post.drawer.minor += amountMinor;
    site.witness.tell({ kind: 'handed', guest, tapId: request.tapId, tender, amountMinor });
  };
  return { put: () => hand(agreedMinor), takeBack: () => hand(-agreedMinor) };
}

/** Paid out, and confirmed to the box. */
export async function payOut(
  { witness, chance, time }: Site,
  { till, drawer }: Post,
  guest: string,
  { request: { tapId, operator = null } }: Order,
  amountMinor: number,
): Promise<void> {
  drawer.minor -= amountMinor;
  witness.tell({ kind: 'handed', guest, tapId, tender: 'cash', amountMinor: -amountMinor });
  const requestId = chance.uuid(`payment of ${tapId}`);
  const request = { requestId, tapId, operator };
  await insist(till, time, { leaf: 'drawer-paid', request }, code => code === 'drawer-paid-already');
}
