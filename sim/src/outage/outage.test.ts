import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planted } from '../../test/planted.ts';
import { playEvening } from './evening.ts';

/** A batch that begins with entries that are stored already, as one does that was sent again, is booked twice. */
const BOOKS_TWICE = planted({
  file: 'cloud-api/src/ingest/ingest.ts',
  right: 'await balances.add(key.box, decision.deltas);',
  wrong: 'for (let i = 0; i <= Math.sign(known); i++) await balances.add(key.box, decision.deltas);',
});
const LOST_ANSWERS = {
  ms: 12_000,
  everyMs: 1_000,
  lastsMs: [400, 1_000],
  deck: [
    { cable: 'box-1', fault: 'deaf' },
    { cable: 'box-2', fault: 'deaf' },
  ],
} as const;

let folder: string;
let opened: AsyncDisposableStack;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsera-outage-test-'));
  // PostgreSQL runs as somebody else, who has to pass.
  chmodSync(folder, 0o755);
  opened = new AsyncDisposableStack();
});
afterEach(async () => {
  await opened.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

test('a cloud that books twice what it is sent again is found out by lost answers', {
  timeout: 180_000,
}, async () => {
  const problems: string[] = [];
  const { tally, sent } = await playEvening({
    folder,
    seed: 3,
    setting: () => LOST_ANSWERS,
    apiEnv: BOOKS_TWICE,
    opened,
    say: () => undefined,
    onProblem: text => problems.push(text),
  });
  expect(tally.greenCount).toBeGreaterThan(0);
  expect(sent.known).toBeGreaterThan(0);
  expect(problems).toContainEqual(expect.stringContaining('FAILED: Account totals are those of the entries'));
  // Everything else is as it should be: the chips, the screens, the journals.
  expect(problems.filter(text => !/Account totals|accounts-balance|conservation/.test(text))).toEqual([]);
});
