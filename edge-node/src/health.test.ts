import { expect, test } from 'vitest';
import { judge } from './health.ts';

const well: Parameters<typeof judge>[0] = {
  box: 1,
  event: 1,
  uptimeS: 1,
  plan: 4,
  journal: { epoch: 1, seq: 10, pendingTaps: 0, hasRoom: true },
  sync: {
    cutOffSinceMs: null,
    lagEntries: 0,
    epoch: 1 as never,
    checkpointSeq: 10 as never,
    cloudSeq: 3 as never,
    failing: {},
  },
  cutOffMs: 0,
  clockBehindMs: 0,
  keys: 'passphrase',
  mqttPort: 8883,
  terminals: { online: 2, sessions: 2, waiting: 0 },
  readers: [{ till: 'bar-1', name: 'left', state: 'up', reason: null }],
  pcsc: null,
};
const judged = (change: Partial<typeof well>) => {
  const { status, problems } = judge({ ...well, ...change });
  return [status, ...problems];
};

test.each([
  ['a box that has all it needs is well', {}, ['ok']],
  ['a box with no plan does not sell', { plan: 0 }, ['down', 'no-plan']],
  ['a full disk stops the selling', { journal: { ...well.journal, hasRoom: false } }, ['down', 'no-room']],
  ['a box that is cut off sells on', { cutOffMs: 5 }, ['degraded', 'cut-off']],
  ['a wrong clock closes nothing', { clockBehindMs: -3_600_000 }, ['degraded', 'clock-wrong']],
  [
    'a reader that is down is told',
    { readers: [{ till: 'bar-1', name: 'left', state: 'down' as const, reason: 'unplugged' }] },
    ['degraded', 'reader-down'],
  ],
  [
    'a cloud that refuses the journal is told apart from one that is away',
    { sync: { ...well.sync, failing: { up: 'entry-unreadable', down: 'cloud-unreachable' } } },
    ['degraded', 'sync-failing'],
  ],
])('%s', (_, change, expected) => {
  expect(judged(change)).toEqual(expected);
});
