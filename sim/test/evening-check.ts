/** What must hold when a random evening is over: of the books, the wristbands, the screens, and each box's own totals. */
import type { Wallet } from '../../cloud-api/src/ledger/wallet.ts';
import { creditsAfter } from '../../cloud-api/test/cloud-in-memory.ts';
import { walletOf } from '../../edge-node/test/journal-sample.ts';
import type { Box } from './evening-box.ts';
import { currentOf, type Guest } from './evening-guest.ts';
import type { Evening } from './random-evening.ts';

type Balances = Readonly<Record<string, number>>;

/** @returns what doesn't hold, beside what the evening itself stumbled over. */
export async function checkEvening(evening: Evening): Promise<readonly string[]> {
  const { guests, boxes, thief, lost } = evening;
  const balances = await evening.cloud.balances();
  const honest = guests.filter(({ n }) => n !== thief?.n && !lost.has(n));
  const purses: string[][] = [];
  for (const guest of honest) {
    const wallet = await evening.cloud.wallet(walletOf(guest.n));
    purses.push(purseProblems(evening, guest, wallet, balances), openEnds(guest, wallet));
  }
  return [
    ...evening.problems,
    ...booksProblems(evening, balances),
    ...(await caseProblems(evening)),
    ...purses.flat(),
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

async function caseProblems({ cloud, thief, hasCopyPaid, hasOriginalPaid }: Evening): Promise<string[]> {
  const cases = await cloud.cases();
  const wrong = cases.filter(({ uid }) => thief === undefined || uid !== thief.chip.uid);
  const problems = wrong.map(({ kind, subject }) => `case ${kind} ${subject}`);
  const isForked = cases.some(({ kind }) => kind === 'fork');
  if (hasCopyPaid && hasOriginalPaid && !isForked) problems.push('a copy made no case');
  return problems;
}

/** Screens, books and wristband say the same sum. */
function purseProblems(
  { open }: Evening,
  { n, chip, owedMinor }: Guest,
  wallet: Wallet,
  balances: Balances,
): string[] {
  const gainedMinor = open
    .filter(({ box, tap }) => tap.guest.n === n && box.journal.views.tapAnswer(tap.tapId)?.state === 'posted')
    .reduce((total, { tap }) => total + tap.gainMinor, 0);
  const bookedMinor =
    0 - (balances[`wallet-main:${walletOf(n)}`] ?? 0) - (balances[`wallet-bonus:${walletOf(n)}`] ?? 0);
  const image = currentOf(chip);
  const heldMinor = creditsAfter(wallet, image.creditNumber).reduce(
    (total, credit) => total + credit.mainMinor + credit.bonusMinor,
    image.balanceMinor + image.bonusMinor,
  );
  const saidMinor = owedMinor + gainedMinor;
  if (saidMinor === bookedMinor && bookedMinor === heldMinor) return [];
  return [`guest ${n}: screens ${saidMinor}, books ${bookedMinor}, chip and list ${heldMinor}`];
}

function openEnds({ n }: Guest, { held, chips }: Wallet): string[] {
  return [
    ...held.map(({ generation }) => `guest ${n}: ${generation} is held back`),
    ...chips
      .filter(({ pendingTaps }) => pendingTaps > 0)
      .map(({ uid, pendingTaps }) => `guest ${n}: ${pendingTaps} of ${uid} still pending`),
  ];
}

function rebuildProblems({ journal, tills, number }: Box): string[] {
  const totals = () => JSON.stringify(tills.map(({ id }) => nonZero(journal.views.tillTotals(id))));
  const before = totals();
  journal.rebuild();
  return totals() === before ? [] : [`box ${number} rebuilds other totals`];
}

const nonZero = (totals: ReadonlyMap<string, number>) =>
  [...totals].filter(([, amountMinor]) => amountMinor !== 0).sort();
