/** Everything that came in went out, lies on wristbands, or is owed: guest by guest, then over the whole event. */
import { readImage } from '../../../audit/entry.ts';
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { boughtMinor, type GuestMoney, moneyOf } from '../guest-money.ts';
import { isUnharmed } from '../honest.ts';
import type { Guest, Notebook } from '../notebook.ts';

export const conservation: Check = {
  name: 'conservation',
  sentence: 'What guests gave is what they bought, what lies on their wristbands and what they are owed',
  atEnd(notebook) {
    const guests = [...notebook.guests.values()];
    return [...guests.flatMap(guest => ofGuest(notebook, guest)), ...ofEvent(notebook, guests)];
  },
};

function ofGuest(notebook: Notebook, guest: Guest): Found[] {
  if (!guest.uids.every(uid => isUnharmed(notebook, uid))) return [];
  const money = moneyOf(notebook, guest);
  return [...inBooks(notebook, guest, money), ...onWristband(notebook, guest, money)];
}

function inBooks({ rows }: Notebook, guest: Guest, { owedMinor, toPayMinor }: GuestMoney): Found[] {
  const { name, wallet, uids } = guest;
  const { [`wallet-main:${wallet}`]: main = 0, [`wallet-bonus:${wallet}`]: bonus = 0 } = rows.balances;
  const [booked, due] = [-(main + bonus), owedMinor - toPayMinor];
  if (booked === due) return [];
  return [{ what: `the guest counts ${due}, and the books say ${booked}`, guest: name, uid: uids.at(-1) }];
}

/** What lies on the newest wristband, and waits for it online. Nothing is said of one whose bytes were not told. */
function onWristband(notebook: Notebook, guest: Guest, { owedMinor, toPayMinor }: GuestMoney): Found[] {
  const uid = guest.uids.at(-1) ?? '';
  const chip = notebook.chips.get(uid);
  if (!chip) return [];
  const about = { guest: guest.name, uid };
  const { ends = [] } = graphsOf(notebook.cloud).chips.get(uid) ?? {};
  const image = ends.find(end => chip.slots.includes(end));
  if (image === undefined) {
    return [
      { ...about, what: `the journals leave it at ${ends.join(' or ')}, and it holds neither`, refs: [] },
    ];
  }
  const { mainMinor, bonusMinor, creditNumber } = readImage(image);
  const waiting = waitingMinor(notebook, guest, creditNumber);
  const [held, due] = [mainMinor + bonusMinor + waiting, owedMinor - toPayMinor];
  if (held >= due && held - due <= foundAgainMinor(notebook, guest)) return [];
  const there = `${mainMinor + bonusMinor} on the wristband and ${waiting} waiting online`;
  return [{ ...about, what: `the guest counts ${due}, and there are ${there}` }];
}

/**
 * A lost disk that was found after the balance had moved to the next wristband: what was spent then has been given to the guest a second time.
 * The case says so, and how much it is.
 */
function foundAgainMinor(notebook: Notebook, { uids }: Guest): number {
  const wasLost = (uid: string) =>
    notebook.visitsOf(uid).some(({ tapId }) => notebook.lost.tapsOf(tapId).length > 0);
  return notebook.rows.cases
    .filter(
      ({ kind, uid }) => kind === 'replaced-chip-moved' && uid !== null && uids.includes(uid) && wasLost(uid),
    )
    .reduce((sum, { lossBoundMinor }) => sum + (lossBoundMinor ?? 0), 0);
}

function waitingMinor({ cloud }: Notebook, { wallet, uids }: Guest, loaded: number): number {
  let sum = 0;
  for (const { box, read } of cloud.entries.values()) {
    if (box !== 0 || read?.kind !== 'credited') continue;
    const isWaiting = read.wallet === wallet && read.generation === uids.length && read.number > loaded;
    if (isWaiting) sum += read.mainMinor + read.bonusMinor;
  }
  return sum;
}

/** By families of accounts. Where entries went with a disk or were set aside, or somebody lies, the books can't be whole. */
function ofEvent(notebook: Notebook, guests: readonly Guest[]): Found[] {
  const { rows, lost, crookedBoxes, stolenTills, thieves } = notebook;
  const isWhole = lost.entries.size === 0 && rows.quarantined.length === 0;
  if (!isWhole || crookedBoxes.size > 0 || stolenTills.size > 0) return [];
  const sum = (of: (guest: Guest) => number) => guests.reduce((total, guest) => total + of(guest), 0);
  const sold = [...notebook.visits.values()].reduce(
    (total, visit) => total + boughtMinor(notebook, visit),
    0,
  );
  const says: readonly (readonly [what: string, accounts: RegExp, dueMinor: number])[] = [
    ['cash in drawers', /^(?:cash:|unattributed$)/, thieves.cash + sum(({ handed }) => handed.cash)],
    ['what drawers were over and short', /^unattributed$/, -notebook.overcountedMinor],
    ['card money', /^card-clearing$/, thieves.card + sum(({ handed }) => handed.card)],
    ['money paid online', /^online-clearing$/, sum(({ onlineMinor }) => onlineMinor)],
    ['bonus given', /^promotion$/, sum(({ bonusMinor }) => bonusMinor)],
    ['sales, taxes and deposits', /^(?:revenue:|tax:|deposit$)/, -sold],
  ];
  return says.flatMap(([what, accounts, dueMinor]) => {
    const booked = Object.entries(rows.balances)
      .filter(([account]) => accounts.test(account))
      .reduce((total, [, amountMinor]) => total + amountMinor, 0);
    return booked === dueMinor ? [] : [{ what: `${what} come to ${dueMinor}, and the books say ${booked}` }];
  });
}
