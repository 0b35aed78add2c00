/** Cases: each must have its cause in the journals, and each cause its case. */
import type { FiledCase } from './archive.ts';
import type { Evidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import type { SettledChip } from './settle.ts';
import type { Walked } from './walk.ts';

export interface Cause {
  readonly where: string;
  readonly what: string;
  /** The taps of a fork, in any order. */
  readonly refs?: readonly string[];
  readonly uid?: string;
  /** What the case must say that it cost. */
  readonly lossMinor?: number;
  /** It may have a case, and needn't: whether the cloud saw it may depend on what it saw first. */
  readonly isOptional?: boolean;
  /** Nobody's wristband to block: a block would name the wallet of another. */
  readonly isClaim?: boolean;
}
/** By kind and subject. */
export type Causes = ReadonlyMap<string, Cause>;

export function causeOf(
  evidence: Evidence,
  settled: ReadonlyMap<string, SettledChip>,
  { flawed, owed, claims }: Walked,
  strays: ReadonlySet<string>,
  others: Causes,
): Causes {
  const causes = new Map<string, Cause>(others);
  for (const [uid, { forks, gaps, posted }] of settled) {
    for (const { before, taps } of forks) {
      const refs = taps.map(({ ref }) => ref);
      causes.set(`fork ${uid}/${before}`, {
        where: refs.join(' and '),
        what: `wristband ${uid} forked`,
        refs,
        uid,
        isClaim: claims.has(uid),
      });
    }
    for (const { ref, before } of gaps) {
      // Found before the quarantined journal came, it is on file all the same.
      const isOptional = evidence.setAside.has(`${uid}/${before}`);
      causes.set(`forgery ${ref}`, {
        where: ref,
        what: 'nobody wrote what it started from',
        uid,
        isOptional,
      });
    }
    for (const { ref, told } of posted) {
      if (told.dropped)
        causes.set(`posted-again ${ref}`, { where: ref, what: 'dropped, and found on the wristband', uid });
    }
  }
  for (const [uid, often] of claims) {
    causes.set(`wallet-claimed ${uid}`, {
      where: `wristband ${uid}`,
      what: 'it names a wallet that was issued to another',
      isOptional: often === 'sometimes',
    });
  }
  for (const [ref, what] of flawed) causes.set(`entry-inconsistent ${ref}`, { where: ref, what });
  for (const ref of strays) {
    causes.set(`entry-inconsistent ${ref}`, { where: ref, what: 'it settles a tap that is not its own' });
  }
  for (const { box, epoch, reason } of evidence.quarantined) {
    causes.set(`${reason} ${box}/${epoch}`, {
      where: `journal ${box}/${epoch}`,
      what: `quarantined: ${reason}`,
    });
  }
  for (const journal of evidence.forkedJournals) {
    causes.set(`journal-forked ${journal}`, { where: `journal ${journal}`, what: 'it is marked as forked' });
  }
  const given = new Set(evidence.credits.map(({ body }) => body.reference));
  for (const [reference, { wallet }] of owed) {
    if (given.has(reference)) continue;
    causes.set(`give-back-stuck ${wallet}`, {
      where: reference.slice(4),
      what: 'its give-back is not in the list',
    });
  }
  return causes;
}

export function checkCases(evidence: Evidence, causes: Causes, findings: Findings): void {
  const filed = new Map<string, FiledCase>();
  for (const found of evidence.cases) {
    const subject = subjectOf(found);
    const key = `${found.kind} ${subject}`;
    const where = `case ${found.number}`;
    // Several owed amounts of one wallet may be stuck, each with a case of its own.
    const isTwice = filed.has(key) && found.kind !== 'give-back-stuck';
    findings.expect('cases', !isTwice, where, `${key} is on file twice`);
    filed.set(key, found);
    const cause = causes.get(key);
    findings.expect('cases', cause !== undefined, where, `nothing in the journals is the cause of ${key}`);
    if (!cause?.refs) continue;
    const isSame = [...cause.refs].sort().join() === [...found.refs].sort().join();
    findings.expect('cases', isSame && found.uid === cause.uid, where, `it should name ${cause.where}`);
    const isLoss = cause.lossMinor === undefined || cause.lossMinor === found.lossBoundMinor;
    findings.expect('cases', isLoss, where, `it should say that ${cause.lossMinor} were lost`);
    findings.expect('forks', found.lossBoundMinor !== null, where, 'it does not say how much may be lost');
  }
  for (const [key, { where, what, isOptional }] of causes) {
    if (isOptional || key.startsWith('fork ') || key.startsWith('give-back-stuck ')) continue;
    if (key.startsWith('forgery ') && !filed.has(key)) {
      findings.open('cases', where, `${what}: a journal is missing, or it was forged`);
    } else findings.expect('cases', filed.has(key), where, `${what}, and there is no case`);
  }
  checkForks(evidence, causes, filed, findings);
}

function checkForks(
  evidence: Evidence,
  causes: Causes,
  filed: ReadonlyMap<string, FiledCase>,
  findings: Findings,
): void {
  const kinds = (uid: string, kind: string) =>
    [...causes].some(([key, cause]) => key.startsWith(`${kind} `) && cause.uid === uid);
  for (const [key, { where, what, uid, isClaim }] of causes) {
    if (!key.startsWith('fork ') || uid === undefined) continue;
    findings.expect('forks', filed.has(key), where, `${what}, and there is no case`);
    const { blocks } = evidence.chip(uid);
    findings.expect('forks', blocks.length > 0 || isClaim === true, where, `${what}, and it is not blocked`);
  }
  for (const { uid, blocks } of evidence.chips.values()) {
    for (const reason of ['fork', 'forgery']) {
      const times = blocks.filter(each => each === reason).length;
      if (times > 1) findings.fail('forks', `wristband ${uid}`, `it is blocked ${times} times for ${reason}`);
      if (times > 0 && !kinds(uid, reason)) {
        findings.fail('forks', `wristband ${uid}`, `it is blocked for ${reason}, and nothing shows one`);
      }
    }
  }
}

function subjectOf({ kind, uid, refs, detail }: FiledCase): string {
  const [first = ''] = refs;
  switch (kind) {
    case 'fork':
      return `${uid}/${detail.before}`;
    case 'journal-forked':
    case 'journal-revoked':
      return first.split('/').slice(0, 2).join('/');
    case 'wallet-claimed':
      return String(uid);
    case 'give-back-stuck':
      return String(detail.wallet);
    case 'replaced-chip-moved':
    case 'release-stuck':
      return `${detail.wallet}/${detail.generation}`;
    default:
      return first;
  }
}
