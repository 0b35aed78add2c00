/**
 * A till at a real reader, where a person holds a wristband out: it loads what is missing, then sells the cheapest there is, and says
 * what to do and what came of it. Nobody has to come: a till that nobody comes to asks on.
 */
import type { ProductId, SaleId, TapId } from '@pulsera/firmware-protocol/ids';
import { type Currency, formatMinor } from '@pulsera/firmware-protocol/money/money';
import type { Prompt, TapLeaf, TapResult, TillRequest } from '@pulsera/firmware-protocol/wire/till';
import type { z } from 'zod';
import type { OpenTill } from './open-till.ts';
import type { Evening } from './staff.ts';
import { sleep } from './visit.ts';

export interface HeldTill extends OpenTill {
  /** The reader's name in pcscd. */
  readonly reader: string;
  /** The cheapest at its stand, and what one costs with its deposit. */
  readonly product: { readonly id: ProductId; readonly name: string; readonly costMinor: number };
}

const LOAD_MINOR = 2_000;
const WAIT_MS = { least: 1_000, most: 30_000 };
/** Between two requests: somebody reads the screen. */
const PAUSE_MS = 1_000;
/** How often, after the last order, a torn wristband is asked for once more. */
const LAST_TRIES = 3;

const TELL: Readonly<Record<Prompt['ask'], string | undefined>> = {
  'present-wristband': undefined,
  'hold-still': undefined,
  'tap-again': 'hold the same wristband there again',
  'remove-wristband': 'take the wristband away',
};

/** Until the evening is over, and a little longer where a torn tap is open. */
export async function serveHeld(
  held: HeldTill,
  evening: Pick<Evening, 'share' | 'tally' | 'uuid'>,
  leftMs: () => number,
  say: (text: string) => void,
  currency: Currency,
): Promise<void> {
  const { till, operator, shift, product, reader } = held;
  let told = '';
  const tell = (text: string) => {
    if (text !== told) say(`${reader}: ${text}`);
    told = text;
  };
  till.onPrompt(({ ask }) => {
    const text = TELL[ask];
    if (text !== undefined) tell(text);
  });
  const money = (minor: number) => formatMinor(minor, currency);
  const play = async <L extends TapLeaf>(
    wish: string,
    leaf: L,
    request: z.input<(typeof TillRequest)[L]>,
  ) => {
    tell(`hold a wristband there: ${wish}`);
    const result = (await till.ask(leaf, request)) as TapResult;
    const isNobody = result.outcome === 'cancelled' && result.chip === 'untouched';
    if (!isNobody) {
      evening.tally.record(result);
      tell(inWords(result, money));
    }
    return result;
  };
  const actor = { operator, shift };
  let ownsMinor = 0;
  let isTorn = false;
  while (evening.share() < 1) {
    const tapId = evening.uuid() as TapId;
    const amountMinor = Math.max(LOAD_MINOR, product.costMinor);
    const waitMs = Math.round(Math.min(WAIT_MS.most, Math.max(WAIT_MS.least, leftMs())));
    const result =
      ownsMinor < product.costMinor || ownsMinor === 0
        ? await play(`${money(amountMinor)} are loaded`, 'topup', {
            tapId,
            ...actor,
            amountMinor,
            tender: 'cash',
            waitMs,
          })
        : await play(`${product.name} for ${money(product.costMinor)}`, 'charge', {
            tapId,
            saleId: evening.uuid() as SaleId,
            ...actor,
            lines: [{ product: product.id, quantity: 1 }],
            waitMs,
          });
    if (result.outcome === 'approved') ownsMinor = result.balanceMinor + result.bonusMinor;
    // Another wristband may be held out now, with less on it.
    if (result.outcome === 'declined') ownsMinor = (result.balanceMinor ?? 0) + (result.bonusMinor ?? 0);
    isTorn = isOpen(result);
    await sleep(PAUSE_MS);
  }
  for (let tries = 0; isTorn && tries < LAST_TRIES; tries++) {
    const request = { tapId: evening.uuid() as TapId, waitMs: WAIT_MS.most };
    isTorn =
      (await play('the same as before, to settle its torn tap', 'balance', request)).outcome !== 'approved';
  }
}

const isOpen = (result: TapResult) => result.outcome === 'cancelled' && result.chip === 'unsettled';

function inWords(result: TapResult, money: (minor: number) => string): string {
  switch (result.outcome) {
    case 'approved':
      return `approved, ${money(result.balanceMinor + result.bonusMinor)} on the wristband`;
    case 'declined':
      return `declined. ${result.message}`;
    case 'cancelled':
      return 'taken away too soon: its next tap settles this one';
    case 'fault':
      return `${result.code}. ${result.message}`;
  }
}
