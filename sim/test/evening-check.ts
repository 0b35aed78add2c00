/** What must hold when a random evening is over: of the books, the wristbands, the screens, and each box's own totals. */
import { walletOf } from '../../edge-node/test/journal-sample.ts';
import type { Box } from './evening-box.ts';
import { currentOf, type Guest } from './evening-guest.ts';
import type { Evening } from './random-evening.ts';

type Balances = ReturnType<Evening['cloud']['balances']>;

/** @returns what doesn't hold, beside what the evening itself stumbled over. */
export function checkEvening(evening: Evening): readonly string[] {
  const { guests, boxes, thief, lost } = evening;
  const balances = evening.cloud.balances();
  const honest = guests.filter(({ n }) => n !== thief?.n && !lost.has(n));
  return [
    ...evening.problems,
    ...booksProblems(evening, balances),
    ...caseProblems(evening),
    ...honest.flatMap(guest => [...purseProblems(evening, guest, balances), ...openEnds(evening, guest)]),
    ...boxes.flatMap(rebuildProblems),
  ];
}

function booksProblems({ lost, thief }: Evening, balances: Balances): string[] {
  const problems: string[] = [];
  const sum = Object.values(balances).reduce((total, amountMinor) => total + amountMinor, 0);
  if (sum !== 0) problems.push(`all accounts come to ${sum}`);
  const mayStayOpen = lost.size > 0 || thief !== undefined;
  for (const account of ['topup-suspense', 'cashout-payable']) {
    if (balances[account] && !mayStayOpen) problems.push(`${account} holds ${balances[account]}`);
  }
  return problems;
}

function caseProblems({ cloud, thief, hasCopyPaid, hasOriginalPaid }: Evening): string[] {
  const wrong = [...cloud.cases].filter(([, { uid }]) => thief === undefined || uid !== thief.chip.uid);
  const problems = wrong.map(([name]) => `case ${name}`);
  const isForked = [...cloud.cases.values()].some(({ kind }) => kind === 'fork');
  if (hasCopyPaid && hasOriginalPaid && !isForked) problems.push('a copy made no case');
  return problems;
}

/** Screens, books and wristband say the same sum. */
function purseProblems({ cloud, open }: Evening, { n, chip, owedMinor }: Guest, balances: Balances) {
  const wallet = walletOf(n);
  const gainedMinor = open
    .filter(({ box, tap }) => tap.guest.n === n && box.journal.views.tapAnswer(tap.tapId)?.state === 'posted')
    .reduce((total, { tap }) => total + tap.gainMinor, 0);
  const bookedMinor =
    0 - (balances[`wallet-main:${wallet}`] ?? 0) - (balances[`wallet-bonus:${wallet}`] ?? 0);
  const image = currentOf(chip);
  const heldMinor = cloud
    .creditsAfter(wallet, image.creditNumber)
    .reduce(
      (total, credit) => total + credit.mainMinor + credit.bonusMinor,
      image.balanceMinor + image.bonusMinor,
    );
  const saidMinor = owedMinor + gainedMinor;
  if (saidMinor === bookedMinor && bookedMinor === heldMinor) return [];
  return [`guest ${n}: screens ${saidMinor}, books ${bookedMinor}, chip and list ${heldMinor}`];
}

function openEnds({ cloud }: Evening, { n }: Guest): string[] {
  const chips = [...cloud.chips.values()].filter(({ wallet }) => wallet === walletOf(n));
  const held = cloud.heldBack(walletOf(n)).map(({ generation }) => `guest ${n}: ${generation} is held back`);
  const open = chips
    .flatMap(({ graph }) => graph.writes)
    .filter(({ status }) => status === 'pending')
    .map(({ ref }) => `${ref.box}/${ref.seq} is still pending`);
  return [...held, ...open];
}

function rebuildProblems({ journal, tills, number }: Box): string[] {
  const totals = () => JSON.stringify(tills.map(({ id }) => nonZero(journal.views.tillTotals(id))));
  const before = totals();
  journal.rebuild();
  return totals() === before ? [] : [`box ${number} rebuilds other totals`];
}

const nonZero = (totals: ReadonlyMap<string, number>) =>
  [...totals].filter(([, amountMinor]) => amountMinor !== 0).sort();
