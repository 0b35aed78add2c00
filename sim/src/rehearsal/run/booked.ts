/** What the cloud has of one guest when all is over, in words: the taps, its own entries, the balance, the cases. Pure. */
import { graphsOf } from '../auditor/graphs.ts';
import type { CloudRows } from '../auditor/seen.ts';
import type { Shelf } from '../auditor/shelf.ts';
import type { Scope } from './scope.ts';
import { effectsWords, entryWords, money, tapName } from './words.ts';

/** @param cloud the journals that the rows hold */
export function bookedWords(scope: Scope, cloud: Shelf, { balances, cases }: CloudRows): readonly string[] {
  const { guest } = scope;
  if (guest === undefined) return [];
  const { [`wallet-main:${guest.wallet}`]: main = 0, [`wallet-bonus:${guest.wallet}`]: bonus = 0 } = balances;
  return [
    ...[...scope.inFull].flatMap(tapId => tapWords(tapId, cloud)),
    ...[...cloud.entries.values()]
      .filter(({ box, read }) => box === 0 && scope.concerns(read))
      .map(stored => `its own journal: ${entryWords(stored)}`),
    `its books: ${money(-main)}${bonus === 0 ? '' : ` and a bonus of ${money(-bonus)}`} of this guest's`,
    ...cases
      .filter(({ uid }) => uid !== null && guest.uids.includes(uid))
      .map(({ kind, uid, lossBoundMinor }) => {
        const loss = lossBoundMinor === null ? '' : `, loss at most ${money(lossBoundMinor)}`;
        return `a case of ${kind} about wristband ${uid}${loss}`;
      }),
  ];
}

function tapWords(tapId: string, cloud: Shelf): readonly string[] {
  const { status } = graphsOf(cloud);
  const held = cloud.tapsOf(tapId);
  if (held.length === 0) return [`no entry of ${tapName(tapId)}`];
  return held.map(
    ({ ref, read }) =>
      `${ref} of ${tapName(tapId)}, ${effectsWords(read)}: ${status.get(ref) ?? 'in no graph'}`,
  );
}
