/** The box's figures for Prometheus. One registry per box, since a simulator runs several in one process. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { BoxHealth } from './health.ts';

export interface BoxMetrics {
  readonly registry: Registry;
  /** A request of a till was answered: its leaf, the outcome, and the reason or code where there is one. */
  answered(leaf: string, outcome: string, reason: string): void;
  refused(refusal: string): void;
}

export function boxMetrics(health: () => BoxHealth, options: { readonly process: boolean }): BoxMetrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.process) collectDefaultMetrics({ register: registry });
  const answers = new Counter({
    name: 'pulsera_till_answers_total',
    help: 'Answers to tills, by topic, outcome and reason',
    labelNames: ['leaf', 'outcome', 'reason'],
    registers,
  });
  const refusals = new Counter({
    name: 'pulsera_broker_refusals_total',
    help: 'Connections and packets the broker refused, by reason',
    labelNames: ['refusal'],
    registers,
  });
  const gauge = (name: string, help: string, read: (health: BoxHealth) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(health()));
      },
    });
  gauge('pulsera_journal_seq', 'Last entry of the journal in its current epoch', h => h.journal.seq);
  gauge('pulsera_journal_epoch', 'Current epoch of the journal', h => h.journal.epoch);
  gauge('pulsera_journal_has_room', '1 while the disk has room for another tap', h =>
    Number(h.journal.hasRoom),
  );
  gauge('pulsera_taps_pending', 'Chip writes neither posted nor dropped', h => h.journal.pendingTaps);
  gauge('pulsera_sync_lag_entries', 'Entries that the cloud has not acknowledged', h => h.sync.lagEntries);
  gauge('pulsera_checkpoint_seq', 'Acknowledged by the cloud', h => h.sync.checkpointSeq);
  gauge('pulsera_cloud_seq', 'Held of the journal of the cloud', h => h.sync.cloudSeq);
  gauge('pulsera_cut_off_seconds', 'Since when the cloud has not answered', h => h.cutOffMs / 1000);
  gauge(
    'pulsera_clock_behind_cloud_seconds',
    'Clock of the cloud minus our own',
    h => (h.clockBehindMs ?? 0) / 1000,
  );
  gauge('pulsera_plan_version', 'Of the plan in force; 0 for none', h => h.plan);
  gauge('pulsera_terminals_online', 'Terminals that said they are ready', h => h.terminals.online);
  gauge(
    'pulsera_broker_waiting',
    'Connections that have not proven who they are, at most 64',
    h => h.terminals.waiting,
  );
  gauge('pulsera_readers_up', 'Readers that work', h => h.readers.filter(r => r.state === 'up').length);
  gauge('pulsera_readers', 'Readers that are known', h => h.readers.length);
  return {
    registry,
    answered: (leaf, outcome, reason) => answers.inc({ leaf, outcome, reason }),
    refused: refusal => refusals.inc({ refusal }),
  };
}
