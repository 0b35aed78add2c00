import { accounts } from '@pulsera/firmware-protocol/money/account';
import { expect, it } from 'vitest';
import { arrived, PATIENT } from '../../../test/rehearsal/arrived.ts';
import { rowsOf } from '../archive.ts';
import type { Seen } from '../auditor/seen.ts';
import type { Holder } from '../holding-out.ts';
import { Life } from '../life.ts';
import { rehearse } from '../rehearse.ts';
import { PROFILES, QUIET } from '../setting.ts';
import { type Post, Site } from '../site.ts';
import { visit } from '../visit.ts';
import { type Replay, replayedBatch } from './replayed-batch.ts';

const AMOUNT_MINOR = 1000;
const AFTER_MS = 5_000;

/** The batch of a top-up is sent again. @param isLost the line is cut as it is sent, and it never arrived */
async function replayed(how: Replay, isLost = false) {
  const site = new Site(1, QUIET);
  try {
    site.open();
    const holder = await site.time.until(arrived(site));
    await pass(site, 5_000);
    const answers: Seen[] = [];
    site.witness.listen(seen => void (seen.kind === 'replayed' && answers.push(seen)));
    const place = { entry: 0, at: 40, xor: 1 };
    if (isLost) site.boxes[0]?.wire.there.set('half-open');
    await replayedBatch.play(site, { box: 0, how, afterMs: AFTER_MS, place }, new Life(site.time));
    await topUp(site, holder);
    await pass(site, AFTER_MS + 1_000);
    const atReplay = rowsOf(await site.time.until(site.cloud.archive()));
    site.mend();
    await pass(site, 60_000);
    const [guest] = site.guests;
    const rows = rowsOf(await site.time.until(site.cloud.archive()));
    const owed = `${accounts.walletMain(guest?.wallet as never)}`;
    const owedMinor = [atReplay, rows].map(({ balances }) => 0 - (balances[owed] ?? 0));
    const sync = site.boxes.map(box => box.sync.state().lagEntries);
    return { answers, owedMinor, sync, cases: rows.cases, quarantined: rows.quarantined };
  } finally {
    await site.close();
  }
}

const pass = (site: Site, ms: number) => site.time.until(site.time.sleep(ms));

function topUp(site: Site, holder: Holder) {
  const tapId = site.chance.uuid('taps') as never;
  const request = { tapId, operator: null, shift: null, amountMinor: AMOUNT_MINOR, tender: 'cash' };
  const order = { leaf: 'topup', request, agreedMinor: AMOUNT_MINOR } as const;
  return site.time.until(visit(site, site.posts[0] as Post, holder, order, PATIENT));
}

const UNHARMED = { sync: [0, 0], cases: [], quarantined: [] };

it('books a batch once that somebody sends again as it was', async () => {
  const outcome = await replayed('as-it-was');
  expect(outcome).toMatchObject({ ...UNHARMED, owedMinor: [AMOUNT_MINOR, AMOUNT_MINOR] });
  expect(outcome.answers).toMatchObject([{ session: 1, answer: null }]);
});

it('books a batch once that came from a thief before its box could send it', async () => {
  const outcome = await replayed('as-it-was', true);
  expect(outcome).toMatchObject({ ...UNHARMED, owedMinor: [AMOUNT_MINOR, AMOUNT_MINOR] });
  expect(outcome.answers).toMatchObject([{ answer: null }]);
});

it.each([
  ['in-another-session', 2, 'journal-foreign'],
  ['under-another-name', 2, 'signature-invalid'],
  ['changed-entry', 1, 'batch-head-mismatch'],
  ['changed-head', 1, 'signature-invalid'],
  ['signed-anew', 1, 'signature-invalid'],
] as const)(
  'refuses a batch that somebody sends %s, keeps nothing of it and accuses nobody',
  async (how, session, answer) => {
    for (const isLost of [false, true]) {
      const outcome = await replayed(how, isLost);
      expect(outcome).toMatchObject({ ...UNHARMED, owedMinor: [isLost ? 0 : AMOUNT_MINOR, AMOUNT_MINOR] });
      expect(outcome.answers).toMatchObject([{ session, answer }]);
    }
  },
);

it('shows an auditor an evening of such thieves in which nothing is wrong, the same each time', async () => {
  const setting = { ...PROFILES.attack, rates: { 'replayed-batch': 6, 'cloud-line': 2 } };
  const outcome = await rehearse(1, setting);
  expect(outcome.findings).toEqual([]);
  expect(outcome.strikes['replayed-batch']).toBeGreaterThan(0);
  expect(await rehearse(1, setting)).toEqual(outcome);
});
