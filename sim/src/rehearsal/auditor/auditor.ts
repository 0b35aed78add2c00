/** The auditor itself: hears everything, asks each check after each observation and at the end, and keeps what they find. */
import { accountsBalance } from './checks/accounts-balance.ts';
import { chargedOnce } from './checks/charged-once.ts';
import { cloudOnce } from './checks/cloud-once.ts';
import { conservation } from './checks/conservation.ts';
import { declinesTrue } from './checks/declines-true.ts';
import { entriesBalance } from './checks/entries-balance.ts';
import { forgeriesFound } from './checks/forgeries-found.ts';
import { forksFound } from './checks/forks-found.ts';
import { givenBack } from './checks/given-back.ts';
import { greenKept } from './checks/green-kept.ts';
import { liesTraced } from './checks/lies-traced.ts';
import { lossBound } from './checks/loss-bound.ts';
import { noHonestFork } from './checks/no-honest-fork.ts';
import { othersUntold } from './checks/others-untold.ts';
import { pendingSettled } from './checks/pending-settled.ts';
import { projectionsEqual } from './checks/projections-equal.ts';
import { replaysRefused } from './checks/replays-refused.ts';
import { screensTrue } from './checks/screens-true.ts';
import type { Check, Finding, Found } from './finding.ts';
import { Notebook } from './notebook.ts';
import type { Seen } from './seen.ts';

export const CHECKS: readonly Check[] = [
  greenKept,
  chargedOnce,
  screensTrue,
  declinesTrue,
  givenBack,
  pendingSettled,
  cloudOnce,
  replaysRefused,
  othersUntold,
  noHonestFork,
  forksFound,
  forgeriesFound,
  lossBound,
  liesTraced,
  conservation,
  entriesBalance,
  accountsBalance,
  projectionsEqual,
];

export class Auditor {
  readonly notebook = new Notebook();
  readonly findings: Finding[] = [];

  /** @returns what this observation can't be reconciled with */
  see(seen: Seen): readonly Finding[] {
    this.notebook.take(seen);
    return this.#keep(check => check.after?.(seen, this.notebook) ?? []);
  }

  /** All has healed, every till is done, everything is synced, and the last `cloud` and `chip` observations say how it stands. */
  end(): readonly Finding[] {
    return this.#keep(check => check.atEnd?.(this.notebook) ?? []);
  }

  #keep(ask: (check: Check) => readonly Found[]): readonly Finding[] {
    const { nowMs } = this.notebook;
    const found = CHECKS.flatMap(check =>
      ask(check).map((finding): Finding => ({ atMs: nowMs, ...finding, check: check.name })),
    );
    this.findings.push(...found);
    return found;
  }
}
