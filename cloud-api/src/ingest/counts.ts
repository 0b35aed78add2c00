/** For Prometheus: how much of boxes' journals came in, and how much of it again. */
import { Counter, type Registry } from 'prom-client';

/** @param known entries that were there already, of a batch whose answer its box never heard */
export type CountEntries = (taken: number, known: number) => void;

export function entryCounts(registry: Registry): CountEntries {
  const counter = new Counter({
    name: 'pulsera_journal_entries_total',
    help: 'Entries that boxes sent: taken in, or known already because a box never heard the answer',
    labelNames: ['what'],
    registers: [registry],
  });
  const [fresh, again] = [counter.labels('taken'), counter.labels('known')];
  return (taken, known) => {
    fresh.inc(taken);
    again.inc(known);
  };
}
