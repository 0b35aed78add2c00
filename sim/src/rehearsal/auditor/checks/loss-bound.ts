/** What the cases of a wristband display as the most that can be lost is no less than what was. */
import { takenMinor } from '../amounts.ts';
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { wasLiedAbout } from '../honest.ts';
import { partingsOf } from '../lives.ts';
import type { Notebook } from '../notebook.ts';

export const lossBound: Check = {
  name: 'loss-bound',
  sentence: 'What is lost by an attacked wristband is within the bound that its cases display',
  atEnd: notebook => [...new Set(notebook.attacks.map(({ uid }) => uid))].flatMap(uid => over(notebook, uid)),
};

function over(notebook: Notebook, uid: string): Found[] {
  if (wasLiedAbout(notebook, uid)) return [];
  const of = notebook.rows.cases.filter(found => found.uid === uid && DISPLAY.includes(found.kind));
  const says = of.reduce((sum, { lossBoundMinor }) => sum + (lossBoundMinor ?? 0), 0);
  const refs = of.flatMap(found => found.refs);
  const isForked = of.some(({ kind }) => kind === 'fork');
  const byCopies = isForked && !isForged(notebook, uid) ? copiesTookMinor(notebook, uid) : 0;
  const lost = Math.max(byCopies, overspentMinor(notebook, uid));
  if (lost <= says) return [];
  return [{ what: `${lost} were lost, and its cases say ${says} at most`, uid, refs }];
}

const DISPLAY = ['fork', 'forgery', 'replaced-chip-moved'];

/** With money that nobody ever gave: no case of a fork speaks of that. */
const isForged = ({ attacks }: Notebook, uid: string) =>
  attacks.some(attack => attack.uid === uid && attack.how === 'forged');

/** What was taken with it and its copies, or moved to the next wristband, beyond all that was ever put on it, by the journals. */
function overspentMinor({ cloud }: Notebook, uid: string): number {
  const { status } = graphsOf(cloud);
  const posted = [...cloud.taps()].filter(
    ({ ref, read }) => read.uid === uid && status.get(ref) === 'posted',
  );
  const [owner] = posted;
  if (!owner) return 0;
  const { wallet, generation } = owner.read;
  let overMinor = sum(posted.map(({ read }) => takenMinor(read)));
  for (const { box, read } of cloud.entries.values()) {
    if (box !== 0 || read?.kind !== 'credited' || read.wallet !== wallet) continue;
    const isMoved = read.source === 'replacement' || read.source === 'released';
    if (read.generation === generation) overMinor -= read.mainMinor + read.bonusMinor;
    if (read.generation === generation + 1 && isMoved) overMinor += read.mainMinor + read.bonusMinor;
  }
  return overMinor;
}

/**
 * What the copies took: a copy is nobody's own. But a wristband whose guest did nothing with it since leaves its money to the
 * copies: of them the one that took least spent that. Of the states that one piece of plastic was put back to, the one that took
 * most counts as the guest's own, since nobody could say which.
 */
function copiesTookMinor(notebook: Notebook, uid: string): number {
  const partings = partingsOf(notebook, uid);
  const copies = partings.filter(({ attack }) => attack.how === 'cloned');
  const rollbacks = partings.filter(({ attack }) => attack.how === 'rolled-back');
  const took = [...rollbacks.slice(0, 1).map(({ own }) => own), ...rollbacks.map(({ other }) => other)].map(
    ({ tookMinor }) => tookMinor,
  );
  const isUsed = copies.some(({ own }) => own.visits.length > 0);
  const used = copies.filter(({ other }) => other.visits.length > 0);
  const byCopies = used.map(({ other }) => other.tookMinor);
  return sum(byCopies) - (isUsed ? 0 : least(byCopies)) + sum(took) - Math.max(0, ...took);
}

const least = (amounts: readonly number[]) => (amounts.length === 0 ? 0 : Math.min(...amounts));
const sum = (amounts: readonly number[]) => amounts.reduce((total, amountMinor) => total + amountMinor, 0);
