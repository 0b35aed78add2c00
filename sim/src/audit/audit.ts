/**
 * The independent auditor: verifies an exported event alone. No database, no ingest code, none of the purse's settling, books or
 * rules, and not the codecs that wrote the entries: it reads CBOR with another library and the field tables of the
 * documentation, and works out everything anew in the simplest way, whole histories at a time.
 *
 * Memory: what was read of each tap is held at once, of the rest of the archive one item at a time; 100,000 entries took 3 s
 * and 310 MB.
 */
import type { Item, ItemOf } from './archive.ts';
import { causeOf, checkCases } from './cases.ts';
import { collect } from './collect.ts';
import { checkCredits, creditLists } from './credits.ts';
import { Findings } from './findings.ts';
import { checkMoney } from './money.ts';
import { checkReplacements, replacementCauses, settleReplaced } from './replacements.ts';
import { checkRights, reversalCauses } from './rights.ts';
import { checkSettlements, type SettledChip, settleChip, tellTaps } from './settle.ts';
import { walkTaps } from './walk.ts';

export interface Audit {
  readonly event: ItemOf<'pulsera-export'> | undefined;
  readonly entries: number;
  readonly findings: Findings;
}

/**
 * @param isClosed the event is over: taps nobody settled and images nobody wrote are failures, not open ends.
 * @throws Fault `archive-unreadable`, `archive-malformed`
 */
export async function audit(items: AsyncIterable<Item>, isClosed = false): Promise<Audit> {
  const findings = new Findings(isClosed);
  const { evidence, event, entries } = await collect(items, findings);
  const strays = tellTaps(evidence, findings);
  const settled = new Map<string, SettledChip>();
  for (const [uid, chip] of evidence.chips) settled.set(uid, settleChip(chip));
  checkSettlements(evidence, settled, findings);
  const credits = creditLists(evidence, findings);
  const walked = walkTaps(evidence, settled, credits, findings);
  const replaced = settleReplaced(evidence, settled, credits);
  const others = new Map([...replacementCauses(replaced), ...reversalCauses(walked)]);
  const causes = causeOf(evidence, settled, walked, strays, others);
  checkRights(evidence, findings);
  checkCases(evidence, causes, findings);
  checkCredits(evidence, settled, walked, findings);
  checkReplacements(evidence, replaced, findings);
  checkMoney(evidence, settled, walked, credits, replaced, findings);
  return { event, entries, findings };
}
