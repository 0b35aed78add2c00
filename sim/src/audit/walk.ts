/** Every tap once: its flaws, what it booked, and what it leaves to be paid, given back or loaded. */
import { type Owed, owedFor } from './bookkeeping.ts';
import type { Tap } from './entry.ts';
import { type Evidence, type KeptTap, readTap, type Status } from './evidence.ts';
import type { Findings } from './findings.ts';
import type { SettledChip } from './settle.ts';
import { type CreditLists, flawOf } from './taps.ts';

export interface Walked {
  /** Taps that don't agree with themselves, by place, with what is wrong. */
  readonly flawed: ReadonlyMap<string, string>;
  /**
   * Wristbands, by UID, that boxes met under a wallet that was issued to another: `always`, and never issued themselves, or
   * `sometimes`. Of the latter the cloud may have met another wallet first.
   */
  readonly claims: ReadonlyMap<string, 'always' | 'sometimes'>;
  /** By `tap:<place>`, as a credit refers to it. */
  readonly owed: ReadonlyMap<string, { readonly wallet: string; readonly owed: Owed }>;
  /** Posted cash-outs by place. */
  readonly cashOuts: ReadonlyMap<string, number>;
  /** Cash and card money of taps that are still open. */
  readonly inSuspenseMinor: number;
  /** Posted reversals by the sale's place: their own places, each with what it put back. */
  readonly reversals: ReadonlyMap<
    string,
    readonly { readonly kept: KeptTap; readonly amountMinor: number }[]
  >;
  /** Posted loads: `wallet/generation/number` → places. */
  readonly loads: ReadonlyMap<string, readonly string[]>;
}

export function walkTaps(
  evidence: Evidence,
  settled: ReadonlyMap<string, SettledChip>,
  credits: CreditLists,
  findings: Findings,
): Walked {
  const flawed = new Map<string, string>();
  const claims = new Map<string, 'always' | 'sometimes'>();
  const owed = new Map<string, { wallet: string; owed: Owed }>();
  const cashOuts = new Map<string, number>();
  const loads = new Map<string, string[]>();
  const reversals = new Map<string, { kept: KeptTap; amountMinor: number }[]>();
  const once = new Once(findings, evidence);
  let inSuspenseMinor = 0;
  for (const [uid, of] of settled) {
    let claiming = 0;
    for (const [kept, status] of of.status) {
      const tap = readTap(kept);
      findings.looked('taps');
      if (evidence.issuedWallets.has(tap.wallet) && of.chip.issued?.wallet !== tap.wallet) claiming++;
      const flaw = flawOf(tap, kept, of.chip, evidence, credits);
      if (flaw) flawed.set(kept.ref, flaw);
      book(tap, kept, status, evidence);
      const back = kept.abandoned && status !== 'pending' ? owedFor(tap, status) : undefined;
      if (back) owed.set(`tap:${kept.ref}`, { wallet: tap.wallet, owed: back });
      if (status === 'pending') inSuspenseMinor += toppedUpMinor(tap);
      if (status === 'posted') {
        once.take(tap, kept, of.forks.length > 0);
        const outMinor = sumOf(tap, 'cash-out');
        if (outMinor > 0) cashOuts.set(kept.ref, outMinor);
        for (const { of: sale, amountMinor } of reversedBy(tap)) {
          reversals.set(sale, [...(reversals.get(sale) ?? []), { kept, amountMinor }]);
        }
        for (const key of loadedBy(tap)) loads.set(key, [...(loads.get(key) ?? []), kept.ref]);
      }
    }
    const isAlways = of.chip.issued === null && claiming === of.status.size;
    if (claiming > 0) claims.set(uid, isAlways ? 'always' : 'sometimes');
  }
  return { flawed, claims, owed, cashOuts, inSuspenseMinor, loads, reversals };
}

/** What must happen once only. A forked wristband is excused, and a sale reversed twice: their cases say that it happened. */
class Once {
  readonly #findings: Findings;
  readonly #tapIds = new Map<string, string>();
  readonly #reversed = new Map<string, string>();

  /** Sales that a case names as reversed more than once. */
  readonly #named: ReadonlySet<string>;

  constructor(findings: Findings, { cases }: Evidence) {
    this.#findings = findings;
    this.#named = new Set(
      cases.flatMap(({ kind, refs: [sale = ''] }) => (kind === 'reversed-twice' ? [sale] : [])),
    );
  }

  take(tap: Tap, { ref }: KeptTap, isForked: boolean): void {
    this.#check('tap-ids', this.#tapIds, tap.tap, ref, isForked);
    for (const { of } of reversedBy(tap)) {
      this.#check('reversals', this.#reversed, of, ref, isForked || this.#named.has(of));
    }
  }

  #check(
    check: 'tap-ids' | 'reversals',
    seen: Map<string, string>,
    key: string,
    ref: string,
    isForked: boolean,
  ) {
    const first = seen.get(key);
    seen.set(key, first ?? ref);
    this.#findings.expect(check, first === undefined || isForked, ref, `${first} did the same: ${key}`);
  }
}

function book(tap: Tap, { abandoned }: KeptTap, status: Status, evidence: Evidence): void {
  if (status !== 'dropped' || abandoned) evidence.book(tap.held);
  if (status === 'posted') evidence.book(tap.posted);
}

function sumOf({ effects }: Tap, kind: 'cash-out' | 'cash-topup'): number {
  return effects.reduce((sum, effect) => sum + (effect.kind === kind ? effect.amountMinor : 0), 0);
}

export const toppedUpMinor = (tap: Tap): number => sumOf(tap, 'cash-topup');

function reversedBy({ effects }: Tap): { of: string; amountMinor: number }[] {
  return effects.flatMap(effect =>
    effect.kind === 'reversal' ? [{ of: effect.of, amountMinor: effect.mainMinor + effect.bonusMinor }] : [],
  );
}

function loadedBy({ wallet, generation, effects }: Tap): string[] {
  return effects.flatMap(effect =>
    effect.kind === 'credit-load' && effect.to - effect.from <= 255
      ? Array.from(
          { length: effect.to - effect.from },
          (_, i) => `${wallet}/${generation}/${effect.from + 1 + i}`,
        )
      : [],
  );
}
