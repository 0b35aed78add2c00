/** The second opinion: the auditor of exported events reads the same night from its archive, and knows nothing of what people saw. */
import type { Item } from '../../audit/archive.ts';
import { audit } from '../../audit/audit.ts';
import { CHECKS } from '../../audit/findings.ts';
import type { Finding } from './finding.ts';

/** @param items of an event whose journals are all in */
export async function auditArchive(items: readonly Item[], atMs: number): Promise<readonly Finding[]> {
  const { findings } = await audit(each(items));
  return Object.entries(findings.tallies).flatMap(([check, { failures }]) =>
    failures.map(failure => ({
      check: 'archive',
      atMs,
      what: `${CHECKS[check as keyof typeof CHECKS]}: it does not. ${failure}`,
    })),
  );
}

async function* each(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
