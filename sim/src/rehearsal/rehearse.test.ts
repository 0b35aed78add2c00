import { execFileSync } from 'node:child_process';
import { memoryPlace } from '@pulsera/edge-node/journal/memory-place';
import { verifyJournal } from '@pulsera/edge-node/journal/verify';
import { expect, it } from 'vitest';
import { rehearse } from './rehearse.ts';
import { PROFILES, QUIET, STORM } from './setting.ts';
import { type Site, sha256 } from './site.ts';

const MAIN = new URL('./main.ts', import.meta.url).pathname;

it('plays a seed the same each time, in this process and in another', async () => {
  const seed = 5;
  const first = await rehearse(seed);
  expect(await rehearse(seed)).toEqual(first);
  const printed = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, '--seed', `${seed}`, '--profile', 'storm', '--json'],
    { encoding: 'utf8' },
  );
  expect(JSON.parse(printed)).toMatchObject({ seed, ...first });
  expect((await rehearse(6)).hash).not.toBe(first.hash);
});

it.each([
  ['in peace', QUIET],
  ['with its faults', STORM],
  ['with thieves', PROFILES.attack],
])('shows an auditor nothing, on the way or at the end, that can not be right, %s', async (_, setting) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { findings } = await rehearse(seed, setting);
    expect(findings, `seed ${seed}`).toEqual([]);
  }
});

it('ends a night in which something is thrown with that as a finding, and its place', async () => {
  const { findings, virtualMs } = await rehearse(1, QUIET, {
    before: ({ time }) => void time.after(60_000, () => fallOver()),
  });
  expect(virtualMs).toBe(60_000);
  expect(findings).toMatchObject([
    { check: 'crash', atMs: 60_000, what: expect.stringMatching(/^Error: fell over\n +at fallOver/) },
  ]);
});
it('ends a night in which a box says that something unexpected failed, with what that was', async () => {
  const { findings } = await rehearse(1, QUIET, {
    before: ({ posts }) => {
      const [post] = posts;
      if (post !== undefined) Object.assign(post.reader, { run: fallOver });
    },
  });
  expect(findings[0]).toMatchObject({ check: 'crash', what: expect.stringMatching(/^Error: fell over/) });
});
function fallOver(): never {
  throw new Error('fell over');
}

it.each([1, 2, 3, 4])('loses power, and leaves journals that are whole (seed %i)', async seed => {
  let cuts = 0;
  const { taps } = await rehearse(seed, STORM, {
    before: ({ trace }) => trace.listen(({ what }) => (cuts += what === 'power-cut' ? 1 : 0)),
    after: verifyJournals,
  });
  expect(cuts).toBeGreaterThan(0);
  expect(taps['topup approved']).toBeGreaterThan(0);
});

/** @throws Fault where a chain or a signature is broken */
function verifyJournals({ boxes, festival }: Site): void {
  for (const { disk, key } of boxes) {
    const { verify } = key;
    verifyJournal({ place: memoryPlace(disk), sha256, verify, verifyCloud: festival.cloudKey.verify });
  }
}
