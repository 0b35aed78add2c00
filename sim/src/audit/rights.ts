/**
 * The right to reverse a sale, by the auditor's own reading: it lies with the box that sold until the cloud's journal takes it away,
 * and with whom that journal gives it to from then on. A box is held to as much of that journal as it had said to obey.
 */
import { salesOf, sameLines } from './bookkeeping.ts';
import type { Causes } from './cases.ts';
import type { Tap } from './entry.ts';
import { type Evidence, type KeptTap, readTap } from './evidence.ts';
import type { Findings } from './findings.ts';
import type { Walked } from './walk.ts';

const boxOf = (ref: string): number => Number(ref.split('/')[0]);

/** Whether a reversal was its box's to make. */
export function rightFlaw(tap: Tap, { ref, obeyed }: KeptTap, { rights }: Evidence): string | undefined {
  for (const effect of tap.effects) {
    if (effect.kind !== 'reversal') continue;
    let holder: number | null = boxOf(effect.of);
    for (const { seq, body } of rights.get(effect.of) ?? []) {
      if (seq <= obeyed) holder = body.kind === 'reversal-granted' ? body.to : null;
    }
    if (holder !== boxOf(ref)) return `it reverses a sale whose right was with ${holder ?? 'nobody'}`;
  }
  return undefined;
}

/** From hand to hand: withdrawn before it is given on, and given with the terms of the sale. */
export function checkRights({ rights, taps }: Evidence, findings: Findings): void {
  for (const [sale, moves] of rights) {
    let holder: number | null = boxOf(sale);
    const kept = taps.get(sale);
    const sold = kept && readTap(kept);
    for (const { ref, body } of moves) {
      const isNamed = sold?.tap === body.tap && sold.effects.some(({ kind }) => kind === 'purchase');
      findings.expect('rights', isNamed, ref, `${sale} is no sale of that tap id`);
      if (body.kind === 'reversal-withdrawn') {
        findings.expect('rights', holder !== null, ref, `the right to ${sale} is with nobody already`);
        holder = null;
        continue;
      }
      const isFree = holder === null || holder === body.to;
      findings.expect('rights', isFree, ref, `the right to ${sale} is with box ${holder}`);
      holder = body.to;
      const fits =
        sold !== undefined &&
        body.uid === sold.uid &&
        sameLines(body.undone, salesOf(sold)) &&
        paidMinor(sold) === body.mainMinor + body.bonusMinor;
      findings.expect('rights', fits, ref, `it gives other terms than those of ${sale}`);
    }
  }
}

function paidMinor({ effects }: Tap): number {
  return effects.reduce((sum, effect) => sum + (effect.kind === 'purchase' ? effect.totalMinor : 0), 0);
}

/** Sales that were reversed more than once: each needs its case. */
export function reversalCauses({ reversals }: Walked): Causes {
  return new Map(
    [...reversals].flatMap(([sale, of]) => {
      const [first] = of.toSorted((a, b) => byPlace(a.kept.ref, b.kept.ref));
      if (first === undefined || of.length < 2) return [];
      const amounts = of.map(({ amountMinor }) => Math.max(0, amountMinor));
      const cause = {
        where: of.map(({ kept }) => kept.ref).join(' and '),
        what: `${sale} was reversed ${of.length} times`,
        refs: [sale, ...of.map(({ kept }) => kept.ref)],
        uid: first.kept.uid,
        lossMinor: amounts.reduce((sum, minor) => sum + minor, 0) - Math.max(...amounts),
      };
      return [[`reversed-twice ${sale}`, cause] as const];
    }),
  );
}

function byPlace(a: string, b: string): number {
  const [x, y] = [a.split('/').map(Number), b.split('/').map(Number)];
  const at = x.findIndex((part, i) => part !== y[i]);
  return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
}
