/** What became of every tap, by the journals on one shelf together: the settling of `src/audit`, which shares no rule with the product's. */

import type { Status } from '../../audit/evidence.ts';
import { Evidence } from '../../audit/evidence.ts';
import { Findings } from '../../audit/findings.ts';
import { type SettledChip, settleChip, tellTaps } from '../../audit/settle.ts';
import type { Shelf } from './shelf.ts';

export interface Graphs {
  /** By UID. */
  readonly chips: ReadonlyMap<string, SettledChip>;
  /** By place. */
  readonly status: ReadonlyMap<string, Status>;
}

const MADE = new WeakMap<Shelf, { readonly size: number; readonly graphs: Graphs }>();

/** Made once for each state of a shelf, however many checks ask. */
export function graphsOf(shelf: Shelf): Graphs {
  const { size } = shelf.entries;
  const made = MADE.get(shelf);
  if (made?.size === size) return made.graphs;
  const graphs = settle(shelf);
  MADE.set(shelf, { size, graphs });
  return graphs;
}

function settle(shelf: Shelf): Graphs {
  const evidence = new Evidence();
  for (const { ref, seq, box, content, read } of shelf.entries.values()) {
    if (read?.kind === 'issued') evidence.chip(read.uid).roots.add(read.root);
    else if (read?.kind === 'settlement') evidence.settlements.push({ ref, seq, box, body: read });
    else if (read?.kind === 'tap') {
      const { tap, uid, before, after, cloudSeq: obeyed } = read;
      const told = { posted: false, dropped: false };
      const kept = { ref, seq, tap, uid, before, after, content, obeyed, told, abandoned: false };
      evidence.taps.set(ref, kept);
      evidence.chip(uid).taps.push(kept);
    }
  }
  tellTaps(evidence, new Findings());
  const chips = new Map([...evidence.chips].map(([uid, chip]) => [uid, settleChip(chip)] as const));
  const status = new Map<string, Status>();
  for (const { status: of } of chips.values()) for (const [{ ref }, is] of of) status.set(ref, is);
  return { chips, status };
}
