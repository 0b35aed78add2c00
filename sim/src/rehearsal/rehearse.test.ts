import { execFileSync } from 'node:child_process';
import { memoryPlace } from '@pulsera/edge-node/journal/memory-place';
import { verifyJournal } from '@pulsera/edge-node/journal/verify';
import { expect, it } from 'vitest';
import { Auditor } from './auditor/auditor.ts';
import { rehearse } from './rehearse.ts';
import { QUIET, STORM } from './setting.ts';
import { type Site, sha256 } from './site.ts';

const MAIN = new URL('./main.ts', import.meta.url).pathname;

it('plays a seed the same each time, in this process and in another', async () => {
  const seed = 5;
  const first = await rehearse(seed);
  expect(await rehearse(seed)).toEqual(first);
  const printed = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, '--seed', `${seed}`],
    { encoding: 'utf8' },
  );
  expect(JSON.parse(printed)).toEqual({ seed, ...first });
  expect((await rehearse(6)).hash).not.toBe(first.hash);
});

it.each([
  ['in peace', QUIET],
  ['with its faults', STORM],
])('shows an auditor nothing on the way that can not be right, %s', async (_, setting) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const auditor = new Auditor();
    await rehearse(seed, setting, {
      before: ({ witness }) => witness.listen(seen => void auditor.see(seen)),
    });
    expect(auditor.findings, `seed ${seed}`).toEqual([]);
  }
});

it('in peace ends every visit with an answer', async () => {
  const { taps } = await rehearse(1, QUIET);
  const ends = new Set(Object.keys(taps).map(end => end.split(' ')[1]));
  expect(ends).toEqual(new Set(['approved', 'declined']));
});

it.each([1, 2, 3, 4])(
  'leaves journals that are whole, held by the cloud, and projected as a rebuild would (seed %i)',
  async seed => {
    const problems: string[] = [];
    let cuts = 0;
    const { taps } = await rehearse(seed, STORM, {
      before: ({ trace }) => trace.listen(({ what }) => (cuts += what === 'power-cut' ? 1 : 0)),
      after: site => void problems.push(...troubles(site)),
    });
    expect(problems).toEqual([]);
    expect(cuts).toBeGreaterThan(0);
    expect(taps['topup approved']).toBeGreaterThan(0);
  },
);

function troubles({ boxes, cloud, posts, festival }: Site): string[] {
  return boxes.flatMap(({ name, number, journal, disk, key }) => {
    const { epochs } = verifyJournal({
      place: memoryPlace(disk),
      sha256,
      verify: key.verify,
      verifyCloud: festival.cloudKey.verify,
    });
    const held = epochs.flatMap(({ epoch, entries }) =>
      cloud.contents(number, epoch).length === entries ? [] : [`${name}: the cloud lacks some of ${epoch}`],
    );
    const totals = () =>
      JSON.stringify(
        posts
          .filter(({ box }) => box.number === number)
          .map(({ till }) =>
            [...journal.views.tillTotals(till.id)].filter(([, minor]) => minor !== 0).sort(),
          ),
      );
    const before = totals();
    journal.rebuild();
    return [...held, ...(totals() === before ? [] : [`${name} rebuilds other totals`])];
  });
}
