/** How each wish of a guest is carried out. Every one has its own luck, so that none changes what another one draws. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { atTill, type Dropped, type Grounds, type Tap } from './at-till.ts';
import { encode, type Guest, type Sale, type Worn } from './guest.ts';
import { boardMinor } from './workload/board.ts';
import type { Intent, Line } from './workload/intent.ts';
import { MISTAKES, ring } from './workload/operator.ts';

/** Drawn for one wish. */
export interface Luck {
  readonly random: Random;
  /** A fresh UUID. */
  readonly id: () => string;
}

type What = Intent['what'];
type Wish<W extends What> = Extract<Intent, { what: W }>;
type Errand<W extends What> = (
  grounds: Grounds,
  guest: Guest,
  wish: Wish<W>,
  luck: Luck,
) => Promise<Dropped | undefined>;

const ERRANDS: { readonly [W in What]: Errand<W> } = {
  arrive,
  'pay-online': payOnline,
  'top-up': topUp,
  buy,
  look,
  complain,
  'lose-wristband': loseWristband,
  'finder-buys': finderBuys,
  'replace-wristband': replaceWristband,
  'cash-out': cashOut,
  'go-home': async () => undefined,
};

export async function carryOut(grounds: Grounds, guest: Guest, wish: Intent, luck: Luck): Promise<void> {
  const { site, tally } = grounds;
  const { what } = wish;
  site.trace.note(guest.name, what);
  const dropped = await (ERRANDS[what] as Errand<What>)(grounds, guest, wish, luck);
  if (dropped === undefined) return;
  site.trace.note(guest.name, 'dropped', { what, why: dropped });
  tally.drop(what, dropped);
}

/** Nobody waits at the entrance for the cloud: it hears of the wristband when it can. */
async function arrive({ site }: Grounds, guest: Guest, _: unknown, { random }: Luck) {
  const worn = await encode(guest, site.festival, random);
  const { name, wallet } = guest;
  site.witness.tell({ kind: 'arrived', guest: name, wallet, uid: worn.uid });
  guest.known = site.cloud.register(worn.made);
  site.time.beside(guest.known);
  putOn(guest, worn);
  return undefined;
}

async function payOnline({ site }: Grounds, guest: Guest, wish: Wish<'pay-online'>, { id }: Luck) {
  if (guest.wristbands.length === 0) return 'no wristband';
  const { mainMinor, bonusMinor } = wish;
  await guest.known;
  await site.cloud.payOnline(guest.wallet, mainMinor, bonusMinor, id());
  site.witness.tell({ kind: 'paid-online', guest: guest.name, mainMinor, bonusMinor });
  return undefined;
}

function topUp(grounds: Grounds, { name, worn }: Guest, { amountMinor, tender }: Wish<'top-up'>, luck: Luck) {
  return atTill(grounds, worn && { ...worn, name }, luck, async tap => {
    await tap('topup', { amountMinor, tender }, amountMinor);
  });
}

/** As the operator rings it up. */
function buy(grounds: Grounds, { name, worn, sales }: Guest, { lines }: Wish<'buy'>, luck: Luck) {
  const strokes = ring(luck.random, lines, MISTAKES);
  return atTill(grounds, worn && { ...worn, name }, luck, async (tap, { box, till }) => {
    let last: Sale | undefined;
    for (const stroke of strokes) {
      if (stroke.key === 'charge') {
        const charged = await charge(tap, stroke.lines, luck, stroke.isTwice);
        last = charged.outcome === 'approved' ? { tapId: charged.tapId, box: box.number } : undefined;
        if (last) sales.push(last);
      } else if (last) {
        grounds.site.trace.note(till.id, 'rang up wrong', { tapId: last.tapId });
        await reverse(tap, sales, last);
      }
    }
  });
}

/** On the quiet: nobody rings up anything wrong. */
function finderBuys(
  grounds: Grounds,
  { name, worn, wristbands }: Guest,
  { lines }: Wish<'finder-buys'>,
  luck: Luck,
) {
  const lost = wristbands.findLast(wristband => wristband !== worn);
  const finder = `finder of ${name}'s`;
  if (lost === undefined) return Promise.resolve('nobody lost it' as const);
  return atTill(grounds, { ...lost, name: finder }, luck, async tap => {
    await charge(tap, lines, luck);
  });
}

function look(grounds: Grounds, { name, worn }: Guest, _: unknown, luck: Luck) {
  return atTill(grounds, worn && { ...worn, name }, luck, async tap => {
    await tap('balance', {}, null);
  });
}

/** Mostly where it was bought; elsewhere the cloud has to allow it. */
async function complain(grounds: Grounds, { name, worn, sales }: Guest, _: unknown, luck: Luck) {
  const isElsewhere = luck.random.chance(ELSEWHERE);
  const sale = sales.at(-1);
  if (sale === undefined) return 'nothing bought';
  const tills = grounds.tills.filter(({ post }) => (post.box.number !== sale.box) === isElsewhere);
  const among = tills.length > 0 ? tills : grounds.tills;
  return atTill({ ...grounds, tills: among }, worn && { ...worn, name }, luck, tap =>
    reverse(tap, sales, sale),
  );
}
const ELSEWHERE = 0.3;

function cashOut(grounds: Grounds, { name, worn }: Guest, { amountMinor }: Wish<'cash-out'>, luck: Luck) {
  return atTill(grounds, worn && { ...worn, name }, luck, async tap => {
    await tap('cashout', { amountMinor }, amountMinor);
  });
}

async function loseWristband(_: unknown, guest: Guest) {
  if (guest.worn === undefined) return 'no wristband';
  guest.worn = undefined;
  return undefined;
}

/** What was on the old one comes once no box can spend it any more. */
async function replaceWristband({ site }: Grounds, guest: Guest, _: unknown, { random }: Luck) {
  const { name, wristbands } = guest;
  const old = wristbands.at(-1);
  if (old === undefined) return 'no wristband';
  if (guest.worn !== undefined) return 'has one';
  const worn = await encode(guest, site.festival, random);
  site.witness.tell({ kind: 'reported-lost', uid: old.uid });
  await guest.known;
  await site.cloud.replace(worn.made);
  site.witness.tell({ kind: 'replaced', guest: name, from: old.uid, to: worn.uid });
  putOn(guest, worn);
  return undefined;
}

function putOn(guest: Guest, worn: Worn): void {
  guest.wristbands.push(worn);
  guest.worn = worn;
}

function charge(tap: Tap, lines: readonly Line[], { id }: Luck, isTwice = false) {
  return tap('charge', { saleId: id(), lines }, boardMinor(lines), isTwice);
}

async function reverse(tap: Tap, sales: Sale[], sale: Sale): Promise<void> {
  const answer = await tap('reverse', { ofTapId: sale.tapId }, null);
  const isDone =
    answer.outcome === 'approved' || (answer.outcome === 'declined' && answer.reason === 'reversal-done');
  if (isDone) sales.splice(sales.indexOf(sale), 1);
}
