/**
 * Replaced wristbands: what the old one finally held moves to the wallet's later lists once, whole, and only when every box that
 * may sell has a journal here that obeys the block. Until then nothing moves.
 */
import type { FiledCase } from './archive.ts';
import type { Cause } from './cases.ts';
import { type ReadOf, readImage } from './entry.ts';
import type { At, Ended, Evidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import type { SettledChip } from './settle.ts';
import type { CreditLists } from './taps.ts';

export interface Amounts {
  readonly mainMinor: number;
  readonly bonusMinor: number;
}

/** A generation that ended, and what became of what it held. */
export interface Replaced extends Ended {
  /** Undefined when nobody can say: the wristband forked, or a journal is missing. */
  readonly final: Amounts | undefined;
  readonly credits: readonly At<ReadOf<'credited'>>[];
  readonly moved: Amounts;
  /** On file about its wristband. */
  readonly cases: readonly FiledCase[];
}

export function settleReplaced(
  evidence: Evidence,
  settled: ReadonlyMap<string, SettledChip>,
  lists: CreditLists,
): readonly Replaced[] {
  const moves = Map.groupBy(evidence.credits.filter(isMove), ({ body }) => sourceOf(body.reference));
  return evidence.ended.map(ended => {
    const key = `${ended.wallet}/${ended.generation}`;
    const credits = moves.get(key) ?? [];
    const moved = {
      mainMinor: credits.reduce((sum, { body }) => sum + body.mainMinor, 0),
      bonusMinor: credits.reduce((sum, { body }) => sum + body.bonusMinor, 0),
    };
    const final = holdingOf(settled.get(ended.uid), lists.get(key));
    const cases = evidence.cases.filter(({ uid }) => uid === ended.uid);
    return { ...ended, final, credits, moved, cases };
  });
}

const isMove = ({ body: { source } }: At<ReadOf<'credited'>>) =>
  source === 'replacement' || source === 'released';

/** `wallet/generation`, and a number behind it from the second credit on. */
const sourceOf = (reference: string) => reference.split('/').slice(0, 2).join('/');

/** What lies on a wristband and waits in its list; undefined when nobody can say where it stands. */
export function holdingOf(
  settled: SettledChip | undefined,
  list: ReadonlyMap<number, Amounts> = new Map(),
): Amounts | undefined {
  const [end, ...others] = settled?.ends ?? [];
  if (!settled || others.length > 0 || settled.gaps.length > 0) return undefined;
  let { mainMinor, bonusMinor, creditNumber } = end
    ? readImage(end)
    : { mainMinor: 0, bonusMinor: 0, creditNumber: 0 };
  for (const [number, credit] of list) {
    if (number <= creditNumber) continue;
    mainMinor += credit.mainMinor;
    bonusMinor += credit.bonusMinor;
  }
  return { mainMinor, bonusMinor };
}

export function checkReplacements(
  evidence: Evidence,
  replaced: readonly Replaced[],
  findings: Findings,
): void {
  const known = new Set(replaced.map(({ wallet, generation }) => `${wallet}/${generation}`));
  for (const { ref, body } of evidence.credits.filter(isMove)) {
    const isOf = known.has(sourceOf(body.reference)) && body.reference.startsWith(`${body.wallet}/`);
    findings.expect('replacements', isOf, ref, `no wristband ended as ${body.reference}`);
  }
  for (const each of replaced) {
    for (const { ref, seq, body } of each.credits) {
      const isLater = seq > each.seq && body.generation > each.generation;
      findings.expect(
        'replacements',
        isLater,
        ref,
        `it moves to generation ${body.generation}, before its time`,
      );
      checkObeyed(evidence, each, ref, seq, findings);
    }
    checkAmounts(each, findings);
  }
  checkClosings(evidence, replaced, findings);
}

/** @param seq where the cloud's journal acted on it that nobody could spend it any more */
function checkObeyed(evidence: Evidence, ended: Ended, ref: string, seq: number, findings: Findings): void {
  const blockedAt = evidence.blockedAt.get(`${ended.wallet}/${ended.generation}`) ?? Number.POSITIVE_INFINITY;
  for (const [box, { revokedAt, obeyed }] of evidence.boxes) {
    findings.looked('replacements');
    const wasRevoked = revokedAt !== null && revokedAt < seq;
    if (wasRevoked || (obeyed ?? 0) >= blockedAt) continue;
    const what = `box ${box} is not known to obey the block at ${blockedAt}`;
    if (obeyed !== null) findings.fail('replacements', ref, what);
    // It may have been enrolled since; revoked since, it never sold anything that counts.
    else if (revokedAt === null) findings.open('replacements', ref, `${what}: it has sent nothing`);
  }
}

function checkAmounts({ ref, final, moved, credits, cases }: Replaced, findings: Findings): void {
  findings.looked('replacements');
  if (final?.mainMinor === moved.mainMinor && final.bonusMinor === moved.bonusMinor) return;
  const held = final && `${final.mainMinor} and ${final.bonusMinor} bonus`;
  if (credits.length === 0) findings.open('replacements', ref, `${held ?? 'what it held'} has not moved yet`);
  else if (cases.some(found => explains(found, final, moved))) findings.excuse('replacements');
  else if (!held) findings.open('replacements', ref, 'a journal is missing: nobody can say what it held');
  else {
    const what = `${moved.mainMinor} and ${moved.bonusMinor} bonus moved, and it held ${held}`;
    findings.fail('replacements', ref, what);
  }
}

/** Used after its balance had moved: its case says how much. Of a wristband that forked the fork's case does. */
function explains({ kind, detail }: FiledCase, final: Amounts | undefined, moved: Amounts): boolean {
  if (kind !== 'replaced-chip-moved') return true;
  const isMain = final === undefined || detail.mainMinor === moved.mainMinor - final.mainMinor;
  return isMain && (final === undefined || detail.bonusMinor === moved.bonusMinor - final.bonusMinor);
}

/** Cases that a replacement may give rise to: whether one must, the amounts say. */
export function replacementCauses(replaced: readonly Replaced[]): ReadonlyMap<string, Cause> {
  const causes = new Map<string, Cause>();
  for (const { ref: where, wallet, generation, uid } of replaced) {
    for (const kind of ['replaced-chip-moved', 'release-stuck']) {
      const what = `wristband ${uid} was replaced`;
      causes.set(`${kind} ${wallet}/${generation}`, { where, what, uid, isOptional: true });
    }
  }
  return causes;
}

/** Taps decided by the cloud without any sign on the wristband: only where there can't be one any more. */
function checkClosings(evidence: Evidence, replaced: readonly Replaced[], findings: Findings): void {
  const byUid = new Map(replaced.map(each => [each.uid, each]));
  for (const { ref, seq, body } of evidence.settlements) {
    if (body.evidence !== 'close') continue;
    const ended = byUid.get(body.uid);
    findings.expect(
      'replacements',
      ended !== undefined,
      ref,
      `it closes a tap of ${body.uid}, which is in use`,
    );
    if (ended) checkObeyed(evidence, ended, ref, seq, findings);
  }
}
