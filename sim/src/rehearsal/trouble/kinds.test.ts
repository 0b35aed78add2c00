/** Each kind alone, in an evening full of it: it is seen to happen, all is settled in the end, and the seed says all. */
import { expect, it } from 'vitest';
import { rehearse } from '../rehearse.ts';
import { QUIET } from '../setting.ts';
import type { Site } from '../site.ts';
import { written } from '../trace.ts';
import type { Trouble } from './kinds.ts';

/** What its trace says then, and in peace does not. */
const SEEN: readonly (readonly [what: Trouble, line: RegExp])[] = [
  ['torn-chip', /"ask":"tap-again"/],
  ['two-chips', /"ask":"tap-again"/],
  // What came garbled is read once more, and nobody sees it.
  ['reader-noise', / strike \d+ reader-noise /],
  ['reader-unplugged', /"code":"reader-down"/],
  ['terminal-crash', / crash /],
  ['power-cut', / seen started .*"lastSeq":[1-9]/],
  ['disk-full', /"code":"disk-full"/],
  ['bit-rot', /"code":"journal-damaged"/],
  ['disk-put-back', / seen disk-lost /],
  ['clock-wrong', / strike \d+ clock-wrong /],
  ['till-line', / (?:cut|half-open) /],
  ['cloud-line', / Cut off from the cloud /],
  ['cloud-restart', / Cut off from the cloud /],
  ['database-away', /"code":"database-unavailable"/],
];
const SEED = 2;
const RATE = 8;

async function played(what: Trouble, line: RegExp, rate: number) {
  let times = 0;
  const left: string[] = [];
  const outcome = await rehearse(
    SEED,
    { ...QUIET, rates: { [what]: rate } },
    {
      before: ({ trace }) =>
        trace.listen(each => {
          if (line.test(written(each))) times += 1;
        }),
      after: site => void left.push(...unsettled(site)),
    },
  );
  return { outcome, times, left };
}

/** At boxes that are down, cut off, or hold what the cloud hasn't acknowledged. */
const unsettled = ({ boxes }: Site): string[] =>
  boxes.flatMap(({ name, isUp, sync }) => {
    if (!isUp) return [`${name} is down`];
    const { lagEntries, cutOffSinceMs, failing } = sync.state();
    return lagEntries === 0 && cutOffSinceMs === null && Object.keys(failing).length === 0 ? [] : [name];
  });

it.each(SEEN)(
  '%s happens, leaves nothing open and nothing wrong, and happens again the same',
  async (what, line) => {
    const { outcome, times, left } = await played(what, line, RATE);
    expect(outcome.findings).toEqual([]);
    expect(left).toEqual([]);
    expect(outcome.strikes[what]).toBeGreaterThan(0);
    expect(times).toBeGreaterThan(0);
    expect((await played(what, line, RATE)).outcome).toEqual(outcome);
    expect((await played(what, line, 0)).times).toBe(0);
  },
);
