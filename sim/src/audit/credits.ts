/** Online credits: their lists, what was loaded of them, and what interrupted taps gave rise to. */
import { owedFor, sameLines } from './bookkeeping.ts';
import { type Evidence, readTap } from './evidence.ts';
import type { Findings } from './findings.ts';
import type { SettledChip } from './settle.ts';
import type { CreditLists } from './taps.ts';
import type { Walked } from './walk.ts';

export function creditLists(evidence: Evidence, findings: Findings): CreditLists {
  const lists = new Map<string, Map<number, { mainMinor: number; bonusMinor: number }>>();
  const references = new Set<string>();
  for (const { ref, body } of evidence.credits) {
    const { wallet, generation, number, mainMinor, bonusMinor, source, reference, postings } = body;
    const list = lists.get(`${wallet}/${generation}`) ?? new Map();
    lists.set(`${wallet}/${generation}`, list);
    findings.expect(
      'credit-lists',
      number === list.size + 1,
      ref,
      `number ${number} follows ${list.size} in the list of ${wallet}`,
    );
    list.set(number, { mainMinor, bonusMinor });
    const key = `${wallet} ${source} ${reference}`;
    if (reference !== '' && references.has(key)) {
      findings.fail('credit-lists', ref, `${source} ${reference} was credited before`);
    }
    references.add(key);
    // A replacement moves what the wallet is owed anyway from one wristband to the next.
    const isMoved = source === 'replacement' || source === 'released';
    const [main, bonus] = isMoved ? [0, 0] : [mainMinor, bonusMinor];
    const moves =
      (postings.get(`wallet-main:${wallet}`) ?? 0) + main === 0 &&
      (postings.get(`wallet-bonus:${wallet}`) ?? 0) + bonus === 0;
    findings.expect('credit-lists', moves, ref, 'its postings do not put it on the wallet');
  }
  return lists;
}

export function checkCredits(
  evidence: Evidence,
  settled: ReadonlyMap<string, SettledChip>,
  walked: Walked,
  findings: Findings,
): void {
  const forged = new Set(evidence.cases.flatMap(({ kind, uid }) => (kind === 'forgery' ? [uid] : [])));
  // Both have a case: that more than one image left the same credits to be loaded is part of it.
  const isExcused = (ref: string) => {
    const uid = evidence.taps.get(ref)?.uid ?? '';
    return (settled.get(uid)?.forks.length ?? 0) > 0 || forged.has(uid);
  };
  for (const [key, refs] of walked.loads) {
    const [first, ...again] = refs;
    const isOnce = again.length === 0 || refs.every(isExcused);
    findings.expect('credit-loads', isOnce, again[0] ?? '', `credit ${key} was loaded by ${first} already`);
  }
  const stuck = new Set(
    evidence.cases.filter(({ kind }) => kind === 'give-back-stuck').map(({ detail }) => detail.wallet),
  );
  const given = new Map(
    evidence.credits
      .filter(({ body }) => body.source === 'given-back')
      .map(credit => [credit.body.reference, credit]),
  );
  for (const [reference, { wallet, owed }] of walked.owed) {
    const credit = given.get(reference);
    const where = reference.slice(4);
    if (!credit) {
      const what = `${owed.mainMinor} and ${owed.bonusMinor} bonus were not given back`;
      findings.expect('give-backs', stuck.has(wallet), where, what);
      continue;
    }
    const { body } = credit;
    const fits =
      body.wallet === wallet &&
      body.mainMinor === owed.mainMinor &&
      body.bonusMinor === owed.bonusMinor &&
      sameLines(body.postings, owed.postings);
    const isOld = !fits && wasOwedAsDropped(evidence, settled, reference, body.mainMinor);
    findings.expect(
      'give-backs',
      fits || isOld,
      credit.ref,
      `it gives back something else than ${where} is owed`,
    );
  }
  for (const [reference, { ref, body }] of given) {
    if (walked.owed.has(reference)) continue;
    const isOld = wasOwedAsDropped(evidence, settled, reference, body.mainMinor);
    findings.expect('give-backs', isOld, ref, `it gives back ${reference}, which is owed nothing`);
  }
}

/** Given back while the tap counted as dropped, which turned up after all: a case of its own names it. */
function wasOwedAsDropped(
  evidence: Evidence,
  settled: ReadonlyMap<string, SettledChip>,
  reference: string,
  mainMinor: number,
): boolean {
  const kept = evidence.taps.get(reference.replace(/^tap:/, ''));
  const chip = settled.get(kept?.uid ?? '');
  if (!kept?.abandoned || chip?.status.get(kept) !== 'posted') return false;
  const isNamed = kept.told.dropped || chip.forks.length > 0;
  return isNamed && owedFor(readTap(kept), 'dropped')?.mainMinor === mainMinor;
}
