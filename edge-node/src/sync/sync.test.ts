import { Fault } from '@pulsera/firmware-protocol/fault';
import type { PlanVersion } from '@pulsera/firmware-protocol/ids';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CloudStub } from '../../test/cloud-stub.ts';
import { cloudKey, sampleOptions, scratch, tapDraft, uidOf, walletOf } from '../../test/journal-sample.ts';
import { eventLoop } from '../event-loop.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import type { CloudLink } from './cloud-link.ts';
import { type Sync, startSync } from './sync.ts';

let place: ReturnType<typeof scratch>;
let journal: Journal;
let cloud: CloudStub;
let sync: Sync;
let isCut: boolean;
let applied: Uint8Array[];
let logged: { readonly data: object; readonly text: string }[];

/** The stub behind a cable that can be cut. */
function cable(): CloudLink {
  const through =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (isCut) throw new Fault('cloud-unreachable', 'cut');
      const answer = await call(...args);
      if (isCut) throw new Fault('cloud-unreachable', 'cut on the way back');
      return answer;
    };
  return {
    sendBatch: through(batch => cloud.sendBatch(batch)),
    heldEpochs: through(() => cloud.heldEpochs()),
    cloudJournal: through((after, limit) => cloud.cloudJournal(after, limit)),
    awaitHint: through(() => cloud.awaitHint()),
    askForReversal: through(() => cloud.askForReversal()),
    plan: through(after => cloud.plan(after)),
  };
}

beforeEach(() => {
  place = scratch();
  journal = openJournal(sampleOptions(place.dir));
  cloud = new CloudStub();
  isCut = false;
  applied = [];
  logged = [];
  sync = started();
});
const note = (data: object, text: string) => void logged.push({ data, text });
const started = (link = cable(), planMs = 20) =>
  startSync({
    journal,
    link,
    cloudVerify: cloudKey.verify,
    plan: {
      version: () => 0 as PlanVersion,
      apply: async signed => void applied.push(signed),
    },
    log: { info: note, warn: note },
    wallMs: () => 1_790_000_000_000,
    timers: eventLoop,
    random: () => 0.5,
    limits: { backoff: { firstMs: 5, mostMs: 20 }, lingerMs: 1, planMs },
  });
afterEach(async () => {
  await sync.close();
  await journal.close();
  place.remove();
});

const level = () =>
  vi.waitFor(() => {
    expect(sync.state().lagEntries).toBe(0);
    expect(journal.cloudSeq).toBe(cloud.journal.contents.length);
  });

const block = (n: number) =>
  ({
    kind: 'blocked',
    body: { uid: uidOf(n), wallet: walletOf(n), generation: 1, reason: 'staff' },
  }) as Parameters<typeof cloud.journal.write>[0];

test('what is sold goes up, what the cloud says comes down, and each knows of the other', async () => {
  await journal.append([tapDraft(1)]);
  cloud.journal.write(block(1), block(2));
  await level();
  expect(journal.views.blocked(uidOf(1), walletOf(1), 1 as never)).toBe('staff');
  // The box's own word that it obeys the cloud's journal is an entry, and has gone up as well.
  await vi.waitFor(() => expect(cloud.contents()).toHaveLength(2));
});

test('a cut is shown with its beginning, and what was sold meanwhile follows when it is over', async () => {
  await vi.waitFor(() => expect(sync.cutOffSinceMs()).toBeNull());
  isCut = true;
  await vi.waitFor(() => expect(sync.cutOffSinceMs()).toBe(1_790_000_000_000));
  for (let n = 1; n <= 20; n++) await journal.append([tapDraft(n)]);
  cloud.journal.write(block(3));
  expect(sync.state()).toMatchObject({ lagEntries: 20, failing: { plan: 'cloud-unreachable' } });
  isCut = false;
  await level();
  await vi.waitFor(() => expect(sync.state().failing).toEqual({}));
  expect(sync.cutOffSinceMs()).toBeNull();
});

test('a refusal is an answer: the box is not cut off, and says what is wrong', async () => {
  await vi.waitFor(() => expect(sync.cutOffSinceMs()).toBeNull());
  cloud.sendBatch = async () => {
    throw new Fault('entry-unreadable', 'update the cloud');
  };
  await journal.append([tapDraft(1)]);
  await vi.waitFor(() => expect(sync.state().failing).toEqual({ up: 'entry-unreadable' }));
  expect(sync.cutOffSinceMs()).toBeNull();
});

test('a journal that the cloud did not sign is not obeyed', async () => {
  const real = cloud.cloudJournal.bind(cloud);
  cloud.cloudJournal = async (after, limit) => {
    const batch = await real(after, limit);
    // The last byte of the signature over its head.
    if (batch !== undefined) batch[batch.length - 1] = (batch.at(-1) ?? 0) ^ 1;
    return batch;
  };
  cloud.journal.write(block(1));
  await vi.waitFor(() => expect(sync.state().failing).toEqual({ down: 'signature-invalid' }));
  expect(journal.cloudSeq).toBe(0);
});

test('a plan that is newer is handed on as it was signed', async () => {
  cloud.signedPlan = Uint8Array.of(1, 2, 3);
  await vi.waitFor(() => expect(applied).toEqual([Uint8Array.of(1, 2, 3)]));
});

test('journals nothing that the cloud says before it knows whether its disk was put back from a copy', async () => {
  let answer = () => {};
  const isAsked = new Promise<void>(resolve => {
    answer = resolve;
  });
  await sync.close();
  sync = started({
    ...cable(),
    heldEpochs: async () => {
      await isAsked;
      return cloud.heldEpochs();
    },
  });
  cloud.journal.write(block(1));
  cloud.signedPlan = Uint8Array.of(1, 2, 3);
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
  expect(journal.cloudSeq).toBe(0);
  expect(applied).toEqual([]);
  answer();
  await level();
  await vi.waitFor(() => expect(applied).not.toEqual([]));
});

test('ends at once, also in the middle of a pause', async () => {
  isCut = true;
  await vi.waitFor(() => expect(sync.cutOffSinceMs()).not.toBeNull());
  await sync.close();
});

/** Until its caller gives up, as HTTPS does it. */
const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Fault('cloud-unreachable', 'given up')));
  });

test('what failed is over with the first answer, however long a loop then has nothing to do', async () => {
  await sync.close();
  isCut = true;
  sync = started({ ...cable(), awaitHint: (_, signal) => never(signal) }, 3_600_000);
  const cut = 'cloud-unreachable';
  await vi.waitFor(() => expect(sync.state().failing).toEqual({ up: cut, down: cut, plan: cut }));
  isCut = false;
  await vi.waitFor(() => expect(sync.state().failing).toEqual({}));
  expect(sync.cutOffSinceMs()).toBeNull();
});

test('a loop whose rest keeps failing waits longer and longer, and says so once', async () => {
  await sync.close();
  let asked = 0;
  const awaitHint = async () => {
    asked += 1;
    throw new Fault('route-unknown', 'an older cloud');
  };
  sync = started({ ...cable(), awaitHint });
  await vi.waitFor(() => expect(asked).toBeGreaterThan(3));
  expect(logged.filter(({ text }) => text === 'Sync failed')).toHaveLength(1);
});

test('ending it is not being cut off', async () => {
  await sync.close();
  sync = started({ ...cable(), awaitHint: (_, signal) => never(signal) });
  await vi.waitFor(() => expect(sync.cutOffSinceMs()).toBeNull());
  await sync.close();
  expect(logged.map(({ text }) => text)).not.toContain('Cut off from the cloud');
  expect(sync.cutOffSinceMs()).toBeNull();
});

test('a fault is logged by its code and its sentence, a mistake of ours with its stack', async () => {
  const failed = () => logged.find(({ text }) => text === 'Sync failed')?.data;
  cloud.sendBatch = async () => {
    throw new Fault('box-revoked', 'Enrol it again.', { detail: { box: 3 } });
  };
  await journal.append([tapDraft(1)]);
  await vi.waitFor(() => expect(failed()).toBeDefined());
  expect(failed()).toEqual({
    loop: 'up',
    code: 'box-revoked',
    message: 'Enrol it again.',
    detail: { box: 3 },
  });
  logged = [];
  const error = new TypeError('ours');
  cloud.sendBatch = async () => {
    throw error;
  };
  await vi.waitFor(() => expect(failed()).toEqual({ loop: 'up', code: 'unexpected', error }));
});
