/** A long time without the cloud's database, on a clock that the test holds. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { PlanVersion } from '@pulsera/firmware-protocol/ids';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CloudStub } from '../../test/cloud-stub.ts';
import { cloudKey, sampleOptions, scratch, tapDraft } from '../../test/journal-sample.ts';
import { eventLoop } from '../event-loop.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import type { CloudLink } from './cloud-link.ts';
import { startSync } from './sync.ts';

let place: ReturnType<typeof scratch>;
let journal: Journal;
beforeEach(() => {
  place = scratch();
  journal = openJournal(sampleOptions(place.dir));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await journal.close();
  place.remove();
});

/** The same dice each time. */
function dice(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}

test('an hour without a database: the box asks ever less often and never in step, and all is taken exactly once after', async () => {
  const cloud = new CloudStub();
  const askedAtMs: number[] = [];
  let isAway = false;
  const away = () => new Fault('database-unavailable', 'The database is away: try again shortly.');
  const through =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      isAway ? Promise.reject(away()) : call(...args);
  const link: CloudLink = {
    sendBatch: async batch => {
      if (!isAway) return cloud.sendBatch(batch);
      askedAtMs.push(Date.now());
      // It went away just after it had committed the first one: the box can't know.
      if (askedAtMs.length === 1) await cloud.sendBatch(batch);
      throw away();
    },
    heldEpochs: through(() => cloud.heldEpochs()),
    cloudJournal: through((after, limit) => cloud.cloudJournal(after, limit)),
    awaitHint: through(() => cloud.awaitHint()),
    askForReversal: through(() => cloud.askForReversal()),
    plan: through(after => cloud.plan(after)),
  };
  const warnings: object[] = [];
  const sync = startSync({
    journal,
    link,
    cloudVerify: cloudKey.verify,
    plan: { version: () => 0 as PlanVersion, apply: async () => {} },
    log: { info: () => {}, warn: data => void warnings.push(data) },
    wallMs: () => Date.now(),
    timers: eventLoop,
    random: dice(),
  });
  try {
    await journal.append([tapDraft(1)]);
    await vi.waitFor(() => expect(sync.state()).toMatchObject({ lagEntries: 0, failing: {} }));
    isAway = true;
    await journal.append([tapDraft(2)]);
    await vi.advanceTimersByTimeAsync(1_800_000);
    await journal.append([tapDraft(3)]);
    await vi.advanceTimersByTimeAsync(1_800_000);
    expect(sync.state()).toMatchObject({ lagEntries: 2, failing: { up: 'database-unavailable' } });

    const pausesMs = askedAtMs.slice(1).map((atMs, i) => atMs - (askedAtMs[i] ?? 0));
    expect(Math.max(...pausesMs)).toBeLessThan(15_000);
    // Seven seconds and a half in the mean, and hardly two alike.
    expect(pausesMs.length).toBeGreaterThan(3600 / 15);
    expect(pausesMs.length).toBeLessThan(3600 / 5);
    expect(new Set(pausesMs).size).toBeGreaterThan(pausesMs.length / 2);
    const told = warnings.filter(data => 'loop' in data && data.loop === 'up');
    expect(told, 'said once, not five hundred times').toHaveLength(1);

    isAway = false;
    await vi.waitFor(() => expect(sync.state()).toMatchObject({ lagEntries: 0, failing: {} }), 60_000);
    expect(cloud.contents()).toHaveLength(journal.lastSeq);
  } finally {
    vi.useRealTimers();
    await sync.close();
  }
});
