/**
 * What the tills saw and who paid online, held to what the cloud holds in the end: each green screen there once, with its amount, and
 * nothing that nobody asked for. Pure, and apart from the rehearsal's auditor, who judges the same otherwise.
 */
import type { Effect, Read, ReadOf } from '../audit/entry.ts';
import type { TillTap } from './order.ts';
import type { Payment } from './payments.ts';

export interface HeldEntry {
  /** `box/epoch/seq`. */
  readonly ref: string;
  readonly read: Read;
}

export interface Scene {
  readonly taps: readonly TillTap[];
  readonly payments: readonly Payment[];
  /** Of all journals, the cloud's own too. */
  readonly held: readonly HeldEntry[];
  /** Their kinds. */
  readonly cases: readonly string[];
}

/** @returns each contradiction in a sentence; none when all is well */
export function contradictions({ taps, payments, held, cases }: Scene): string[] {
  const byTap = new Map<string, WrittenTap[]>();
  const outcomes = outcomesOf(held);
  for (const { ref, read } of held) {
    if (read.kind !== 'tap') continue;
    const told = outcomes.get(ref) ?? new Set();
    byTap.set(read.tap, [...(byTap.get(read.tap) ?? []), { ref, read, told }]);
  }
  const asked = new Set(taps.map(({ request: { tapId } }) => journalId(tapId)));
  return [
    ...taps.flatMap(tap => ofTap(tap, byTap.get(journalId(tap.request.tapId)) ?? [])),
    ...[...byTap.keys()].filter(tap => !asked.has(tap)).map(tap => `tap ${tap} was asked for at no till`),
    ...ofPayments(payments, held),
    ...cases.map(kind => `an honest evening has a case: ${kind}`),
  ];
}

interface WrittenTap {
  readonly ref: string;
  readonly read: ReadOf<'tap'>;
  /** What any journal says of it. */
  readonly told: ReadonlySet<string>;
}

const journalId = (tapId: string) => tapId.replaceAll('-', '');

function outcomesOf(held: readonly HeldEntry[]): ReadonlyMap<string, ReadonlySet<string>> {
  const outcomes = new Map<string, Set<string>>();
  for (const { read } of held) {
    if (read.kind !== 'settlement') continue;
    const told = outcomes.get(read.of) ?? new Set();
    outcomes.set(read.of, told.add(read.outcome));
  }
  return outcomes;
}

function ofTap({ request, till, uid, answer }: TillTap, written: readonly WrittenTap[]): string[] {
  const name = `tap ${request.tapId} of ${till}`;
  if (answer === undefined) return [`${name} never came to an end`];
  const strange = written
    .filter(({ read }) => read.uid !== uid)
    .map(({ ref, read }) => `${name} wrote to wristband ${read.uid} at ${ref}, and ${uid} was held out`);
  const posted = written.filter(({ told }) => told.has('posted'));
  if (answer.outcome === 'approved') return [...strange, ...ofGreen(name, answer.amountMinor, posted)];
  const charged = posted.filter(({ told }) => !told.has('abandoned'));
  return [
    ...strange,
    ...charged.map(({ ref }) => `${name} was ${answer.outcome}, and is posted at ${ref} for good`),
  ];
}

function ofGreen(name: string, shownMinor: number, posted: readonly WrittenTap[]): string[] {
  const [first] = posted;
  if (first === undefined || posted.length > 1) {
    return [`${name} was green, and is posted ${posted.length} times in the cloud`];
  }
  const { ref, read, told } = first;
  const takenMinor = read.effects.reduce((sum, effect) => sum + takes(effect), 0);
  return [
    ...(told.has('abandoned') ? [`${name} was green, and is abandoned at ${ref}`] : []),
    ...(takenMinor === shownMinor
      ? []
      : [`${name} was green for ${shownMinor}, and ${ref} took ${takenMinor}`]),
  ];
}

function takes(effect: Effect): number {
  switch (effect.kind) {
    case 'purchase':
      return effect.totalMinor;
    case 'cash-topup':
      return -effect.amountMinor;
    case 'reversal':
      return -(effect.mainMinor + effect.bonusMinor);
    case 'cash-out':
      return effect.amountMinor;
    case 'credit-load':
    case 'issue':
      return 0;
  }
}

function ofPayments(payments: readonly Payment[], held: readonly HeldEntry[]): string[] {
  const credited = held.flatMap(({ read }) =>
    read.kind === 'credited' && read.source === 'online' ? [read] : [],
  );
  const references = new Set(payments.map(({ reference }) => reference));
  return [
    ...payments.flatMap(({ reference, wallet, mainMinor }) => {
      const its = credited.filter(credit => credit.reference === reference);
      const [credit] = its;
      if (credit === undefined || its.length > 1) {
        return [`payment ${reference} is credited ${its.length} times`];
      }
      const isSame = credit.wallet === wallet && credit.mainMinor === mainMinor;
      return isSame ? [] : [`payment ${reference} of ${mainMinor} to ${wallet} is credited otherwise`];
    }),
    ...credited
      .filter(({ reference }) => !references.has(reference))
      .map(({ reference }) => `${reference} was paid by nobody, and is credited`),
  ];
}
