/** Journals that lie, chained and signed as they should be: each lie must fail, in its check, and be named. */
import type { Generation, Seq, TapId, TillId, WalletId } from '@pulsera/firmware-protocol/ids';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { drawerPaid } from '@pulsera/firmware-protocol/purse/books';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import { test } from 'vitest';
import {
  buy,
  exported,
  type Places,
  type SmallEvent,
  smallEvent,
  type Wristband,
} from '../../test/small-event.ts';
import {
  bodyOf,
  cancelled,
  change,
  expectNamed,
  find,
  findingsOf,
  repainted,
  type Tampering,
} from '../../test/tampering.ts';

type Spoil = (event: SmallEvent, places: Places, chips: readonly Wristband[]) => void;

const LIES: readonly Tampering<Spoil>[] = [
  [
    'a tap that takes more than its effects say',
    'cases',
    '1/1/',
    (event, { firstSale }) =>
      change(event, firstSale, 'tap', { after: repainted(event, firstSale, { balanceMinor: 1 }) }),
  ],
  [
    'a tap that jumps a counter',
    'cases',
    'does not follow',
    (event, { firstSale }) =>
      change(event, firstSale, 'tap', { after: repainted(event, firstSale, { counter: 9 }) }),
  ],
  [
    'a tap whose credit number moves by itself',
    'cases',
    'the image it wrote',
    (event, { firstSale }) =>
      change(event, firstSale, 'tap', { after: repainted(event, firstSale, { creditNumber: 9 }) }),
  ],
  [
    'a sale that posts to another stand',
    'cases',
    'not what its effects post',
    (event, { firstSale }) => {
      const tap = event.tapAt(firstSale);
      const posted = tap.posted.map(line =>
        line.account === 'revenue:main-bar'
          ? { ...line, account: 'revenue:mine' as typeof line.account }
          : line,
      );
      change(event, firstSale, 'tap', { posted });
    },
  ],
  [
    'a sale that keeps a cent of the tax',
    'cases',
    'not what its effects post',
    (event, { firstSale }) => {
      const tap = event.tapAt(firstSale);
      const cent = (account: string) =>
        account === 'tax:2000' ? 1 : account === 'revenue:main-bar' ? -1 : 0;
      const posted = tap.posted.map(line => ({
        ...line,
        amountMinor: line.amountMinor + cent(line.account),
      }));
      change(event, firstSale, 'tap', { posted });
    },
  ],
  [
    'a top-up that holds nothing',
    'cases',
    'not what its effects hold',
    (event, { lost }) => change(event, lost, 'tap', { held: [] }),
  ],
  [
    'a sale whose lines come to something else',
    'cases',
    'its lines come to',
    (event, { firstSale }) => {
      const tap = event.tapAt(firstSale);
      const effects = tap.effects.map(effect =>
        effect.kind === 'purchase'
          ? { ...effect, lines: effect.lines.map(line => ({ ...line, unitMinor: line.unitMinor + 1 })) }
          : effect,
      );
      change(event, firstSale, 'tap', { effects });
    },
  ],
  [
    'a tap on another wallet',
    'cases',
    'another wallet',
    (event, { firstSale }) => change(event, firstSale, 'tap', { wallet: '00112233445566aa' as WalletId }),
  ],
  [
    'a tap of another generation',
    'cases',
    'another wallet',
    (event, { firstSale }) => change(event, firstSale, 'tap', { generation: 2 as Generation }),
  ],
  [
    'a reversal of more than was paid',
    'cases',
    'other amounts than were paid',
    (event, { reversal }) => {
      const tap = event.tapAt(reversal);
      const [effect] = tap.effects;
      if (effect?.kind !== 'reversal') throw new Error('no reversal');
      const effects = [{ ...effect, mainMinor: effect.mainMinor + 5 }];
      const after = repainted(event, reversal, { balanceMinor: imageFields(tap.after).balanceMinor + 5 });
      change(event, reversal, 'tap', { effects, after });
    },
  ],
  [
    'a reversal of nothing',
    'cases',
    'nobody journaled',
    (event, { reversal }) => {
      const [effect] = event.tapAt(reversal).effects;
      if (effect?.kind !== 'reversal') throw new Error('no reversal');
      change(event, reversal, 'tap', { effects: [{ ...effect, of: { ...effect.of, seq: 999 as Seq } }] });
    },
  ],
  [
    'a credit that nobody gave',
    'cases',
    'which nobody gave',
    event => cancelled(event, find(event, 0, 'credited')),
  ],
  [
    'a credit loaded for more than was given',
    'cases',
    'other amounts than were given',
    event => {
      const at = find(event, 0, 'credited');
      const credit = bodyOf(event, at, 'credited');
      const lines = postings(
        [accounts.onlineClearing, 2_999],
        [accounts.promotion, 500],
        [accounts.walletMain(credit.wallet), -2_999],
        [accounts.walletBonus(credit.wallet), -500],
      );
      change(event, at, 'credited', { mainMinor: 2_999, postings: lines });
    },
  ],
  [
    'a sale reversed twice',
    'reversals',
    'did the same',
    (event, { firstSale }, [anna]) => {
      if (!anna) return;
      const sold = event.tapAt(firstSale);
      const undone = { of: firstSale, ofTap: sold.tap, mainMinor: 1_266, bonusMinor: 0 };
      event.tap(
        1,
        anna,
        [
          holding => ({
            kind: 'step',
            holding: { ...holding, balanceMinor: holding.balanceMinor + 1_266 },
            effect: { kind: 'reversal', ...undone },
          }),
        ],
        { undone: sold.posted },
      );
    },
  ],
  [
    'a tap id posted twice',
    'tap-ids',
    'did the same',
    (event, { firstSale, reversal }) => change(event, reversal, 'tap', { tap: event.tapAt(firstSale).tap }),
  ],
  [
    'a credit loaded twice',
    'credit-loads',
    'loaded by',
    (event, { creditLoad }, [, ben]) => {
      const [effect] = event.tapAt(creditLoad).effects;
      if (!ben || effect?.kind !== 'credit-load') throw new Error('no load');
      event.tap(1, ben, [
        holding => ({
          kind: 'step',
          holding: {
            ...holding,
            balanceMinor: holding.balanceMinor + effect.mainMinor,
            bonusMinor: holding.bonusMinor + effect.bonusMinor,
          },
          effect,
        }),
      ]);
    },
  ],
  [
    'a gap in a credit list',
    'credit-lists',
    'number 3 follows 0',
    event => change(event, find(event, 0, 'credited', 2), 'credited', { number: 3 }),
  ],
  [
    'a payment credited twice',
    'credit-lists',
    'was credited before',
    (event, _, [, ben]) => {
      if (ben) event.credit(ben, { number: 3, mainMinor: 3_000, bonusMinor: 500 }, 'online', 'payment-1');
    },
  ],
  [
    'a credit that is booked to nobody',
    'credit-lists',
    'do not put it on the wallet',
    event => change(event, find(event, 0, 'credited'), 'credited', { postings: [] }),
  ],
  [
    'nothing given back',
    'give-backs',
    'were not given back',
    event => cancelled(event, find(event, 0, 'credited', 2)),
  ],
  [
    'too little given back',
    'give-backs',
    'something else',
    event => change(event, find(event, 0, 'credited', 2), 'credited', { mainMinor: 600 }),
  ],
  [
    'something given back for nothing',
    'give-backs',
    'owed nothing',
    (event, { firstSale }, [anna]) => {
      if (anna) event.giveBack(anna, firstSale, 'posted', 2);
    },
  ],
  [
    'a cash-out paid twice',
    'cash-outs',
    'was paid before',
    (event, _) => {
      event.append(1, {
        kind: 'drawer-paid',
        body: bodyOf(event, find(event, 1, 'drawer-paid'), 'drawer-paid'),
      });
    },
  ],
  [
    'a cash-out paid too well',
    'cash-outs',
    'something else than 1000',
    event =>
      change(event, find(event, 1, 'drawer-paid'), 'drawer-paid', {
        postings: drawerPaid(1_001, 'bar-1' as TillId),
      }),
  ],
  [
    'cash paid out for a sale',
    'cash-outs',
    'is no cash-out',
    (event, { firstSale }) => change(event, find(event, 1, 'drawer-paid'), 'drawer-paid', { of: firstSale }),
  ],
  [
    'a cash-out paid by another box',
    'cash-outs',
    'is no cash-out',
    event => {
      const paid = bodyOf(event, find(event, 1, 'drawer-paid'), 'drawer-paid');
      cancelled(event, find(event, 1, 'drawer-paid'));
      event.append(2, { kind: 'drawer-paid', body: paid });
    },
  ],
  [
    'a drawer closed with its gain unbooked',
    'entries',
    '10 over',
    event => change(event, find(event, 1, 'shift-closed'), 'shift-closed', { postings: [] }),
  ],
  [
    'a box that gives credit',
    'entries',
    "can't write credited",
    event => {
      event.append(1, { kind: 'credited', body: bodyOf(event, find(event, 0, 'credited'), 'credited') });
    },
  ],
  [
    'a wristband issued twice',
    'entries',
    'issued twice',
    (event, _, [anna]) => {
      if (anna) event.append(0, { kind: 'issued', body: bodyOf(event, find(event, 0, 'issued'), 'issued') });
    },
  ],
  [
    'a settlement under another tap id',
    'entries',
    'another tap id',
    event =>
      change(event, find(event, 1, 'settlement'), 'settlement', {
        tap: '00000000-0000-4000-8000-0000000fffff' as TapId,
      }),
  ],
  [
    'a settlement of another box’s tap',
    'cases',
    'not its own',
    (event, { firstSale }) => event.settle(2, firstSale, 'dropped', 'overwritten'),
  ],
  [
    'a settlement of no tap',
    'cases',
    'not its own',
    (event, { firstSale }) => {
      const { tap, uid } = event.tapAt(firstSale);
      const nothing = { ...firstSale, seq: 999 as Seq };
      event.append(1, {
        kind: 'settlement',
        body: { of: nothing, tap, uid, outcome: 'posted', evidence: 'sight' },
      });
    },
  ],
  [
    'a tap settled as what it is not',
    'settlements',
    'the cloud says dropped',
    event => change(event, find(event, 0, 'settlement'), 'settlement', { outcome: 'dropped' }),
  ],
  [
    'a tap the cloud did not settle',
    'settlements',
    'did not say so',
    event => cancelled(event, find(event, 0, 'settlement')),
  ],
  [
    'a tap dropped, and found on the wristband',
    'cases',
    'dropped, and found',
    (event, { firstSale }) => event.settle(1, firstSale, 'dropped', 'overwritten'),
  ],
  ['a fork without a block', 'forks', 'not blocked', event => cancelled(event, find(event, 0, 'blocked'))],
  [
    'a block without a fork',
    'forks',
    'nothing shows one',
    (event, _, [anna]) => {
      if (!anna) return;
      const { uid, wallet, generation } = anna;
      event.append(0, { kind: 'blocked', body: { uid, wallet, generation, reason: 'fork' } });
    },
  ],
  [
    'a wristband blocked twice for its fork',
    'forks',
    '2 times',
    event => {
      event.append(0, { kind: 'blocked', body: bodyOf(event, find(event, 0, 'blocked'), 'blocked') });
    },
  ],
  [
    'a fork that nobody noticed',
    'forks',
    'there is no case',
    (event, _, [anna]) => {
      if (!anna) return;
      const clone = anna.copy();
      event.tap(1, anna, [buy(1, 100)]);
      event.tap(2, clone, [buy(1, 200)]);
    },
  ],
];

test.each(LIES)('%s is found (%s)', async (_, check, names, spoil) => {
  const { event, places, chips } = smallEvent();
  spoil(event, places, chips);
  expectNamed(await findingsOf(exported(event, places)), check, names);
});
