/** What is told while it runs, and when it is over. */
import type { Sent } from './sent-again.ts';
import type { Tally } from './tally.ts';

export interface Moment {
  readonly ms: number;
  readonly tally: Tally;
  /** Entries that the cloud hasn't acknowledged, by box; undefined while a box can't say. */
  readonly pending: readonly (number | undefined)[];
  readonly broken: readonly string[];
}

export function line({ ms, tally, pending, broken }: Moment): string {
  const rate = ((tally.tapCount * 1000) / Math.max(1, ms)).toFixed(1);
  const waits = pending.map((entries, i) => `box ${i + 1} ${entries ?? '?'}`).join(', ');
  const now = broken.length === 0 ? 'all is well' : broken.join(', ');
  return `${clock(ms)}  ${tally.tapCount} taps, ${rate} a second; pending: ${waits}; ${now}`;
}

export interface Result {
  readonly ms: number;
  readonly tally: Tally;
  readonly entries: Readonly<Record<string, number>>;
  /** From the last mending until every journal was with the cloud and the cloud's with every box; undefined when they never were. */
  readonly drainMs: number | undefined;
  /** The most entries seen waiting at once. */
  readonly mostPending: number;
  readonly sent: Sent;
}

export function summary({ ms, tally, entries, drainMs, mostPending, sent }: Result): string {
  const { taps, faults, outages, askedAgain, walkedOff, torn, payments, paymentsAgain } = tally;
  const total = [...outages.values()].reduce((sum, n) => sum + n, 0);
  const drain =
    drainMs === undefined ? 'not drained' : `drained ${(drainMs / 1000).toFixed(1)} s after the last mending`;
  return [
    `${clock(ms)} under way; ${total} outages: ${listed(outages)}`,
    `${tally.tapCount} taps, ${tally.greenCount} green: ${listed(taps)}`,
    `asked again ${askedAgain} times; ${walkedOff} guests walked off, ${torn} wristbands torn; faults that tills were told: ${listed(faults) || 'none'}`,
    `the API counted ${sent.known} entries that it was sent again, beside ${sent.taken} that it took`,
    `${payments} payments, told again ${paymentsAgain} times`,
    `entries in the cloud: ${listed(new Map(Object.entries(entries))) || 'not known'}; at most ${mostPending} waited; ${drain}`,
  ].join('\n');
}

const listed = (counts: ReadonlyMap<string, number>) =>
  [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
