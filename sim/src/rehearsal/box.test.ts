import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { arrived, PATIENT } from '../../test/rehearsal/arrived.ts';
import { rowsOf } from './archive.ts';
import type { SimBox } from './box.ts';
import type { Holder } from './holding-out.ts';
import { QUIET } from './setting.ts';
import { type Post, Site } from './site.ts';
import { visit } from './visit.ts';

let site: Site;
let box: SimBox;
let post: Post;
let guest: Holder;

beforeEach(async () => {
  site = new Site(1, QUIET);
  site.open();
  [box, post] = [site.boxes[0] as SimBox, site.posts[0] as Post];
  guest = await site.time.until(arrived(site));
  await pass(5_000);
});
afterEach(() => site.close());

const pass = (ms: number) => site.time.until(site.time.sleep(ms));
const topUp = (manner = PATIENT, amountMinor = 1000): Promise<TapResult> => {
  const tapId = site.chance.uuid('taps') as never;
  const request = { tapId, operator: null, shift: null, amountMinor, tender: 'cash' };
  return visit(site, post, guest, { leaf: 'topup', request, agreedMinor: amountMinor }, manner);
};
/** What is journaled, but for what the cloud has to do with. */
const APART: ReadonlySet<string> = new Set(['plan-applied', 'cloud-cursor']);
const kinds = (): string[] =>
  box.journal.epochs().flatMap(({ epoch }) =>
    box.journal
      .entriesAfter(0 as never, 1e6, 1e9, epoch)
      .map(decodeEntry)
      .flatMap(({ kind, body }) => (kind === 'settlement' ? body.outcome : APART.has(kind) ? [] : kind)),
  );

it('sells, and is held by the cloud a moment later', async () => {
  const result = await site.time.until(topUp());
  expect(result).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
  await pass(1_000);
  expect(box.sync.state()).toMatchObject({ cutOffSinceMs: null, lagEntries: 0 });
  const { journals } = rowsOf(await site.time.until(site.cloud.archive()));
  const { epoch, lastSeq } = box.journal;
  expect(journals).toContainEqual(expect.objectContaining({ box: 1, epoch, checkpointSeq: lastSeq }));
});

it.each([1, 2])(
  'cut right behind commit %i of a tap, answers it once all the same when it is back',
  async commit => {
    const work = topUp();
    box.cutAfter(commit);
    site.time.after(10_000, () => box.start());
    expect(await site.time.until(work)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
    expect(kinds()).toEqual(['tap', 'posted']);
    expect(box.journal.boot).toBe(2);
  },
);

it('cut in the midst of writing to the chip, finishes the tap with the same wristband', async () => {
  const work = topUp();
  site.time.after(350, () => box.cut());
  site.time.after(5_000, () => box.start());
  expect(await site.time.until(work)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
});

it('put back from an old image of its disk, opens a new epoch and sells on', async () => {
  await site.time.until(topUp());
  const old = box.disk;
  await site.time.until(topUp());
  await pass(2_000);
  box.restore(old);
  box.start();
  await pass(10_000);
  expect(box.journal.epoch).toBe(2);
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved', balanceMinor: 3000 });
});

it('with a full disk says so, and sells as soon as there is room', async () => {
  box.moveToFullDisk(30);
  box.start();
  const shown: unknown[] = [];
  site.witness.listen(seen => void (seen.kind === 'showed' && shown.push(seen.message)));
  const answers: TapResult[] = [];
  while (answers.at(-1)?.outcome !== 'cancelled' && answers.length < 1000) {
    answers.push(await site.time.until(topUp(PATIENT, 1)));
  }
  expect(answers.at(-1)).toMatchObject({ chip: 'untouched' });
  expect(shown).toContainEqual(expect.objectContaining({ outcome: 'fault', code: 'disk-full' }));
  box.limitPages(undefined);
  expect(await site.time.until(topUp())).not.toMatchObject({ outcome: 'cancelled' });
});

it('whose clock is set back an hour journals that, and sells on', async () => {
  await site.time.until(topUp());
  box.clock.set(-3_600_000);
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved' });
  expect(kinds()).toContain('clock-jump');
});

it('cut off from the cloud sells on, and is held by it when the line is back', async () => {
  box.wire.silence();
  await pass(60_000);
  expect(box.sync.cutOffSinceMs()).not.toBeNull();
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved' });
  box.wire.mend();
  await pass(60_000);
  expect(box.sync.state()).toMatchObject({ cutOffSinceMs: null, lagEntries: 0 });
});

it('answers a till again whose line was silent, and no tap twice', async () => {
  const work = topUp();
  site.time.after(100, () => post.wire.silence('back'));
  site.time.after(20_000, () => post.wire.mend());
  expect(await site.time.until(work)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
  expect(kinds()).toEqual(['tap', 'posted']);
});

it('is asked to cancel by a till that has crashed, and takes the next request', async () => {
  const work = topUp({ ...PATIENT, reactionMs: 10_000, resumes: false });
  site.time.after(100, () => post.till.crash());
  expect(await site.time.until(work)).toMatchObject({ outcome: 'cancelled', chip: 'untouched' });
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
});

it('does not start on a journal that rots at its end, and sells on once another is put in its place', async () => {
  await site.time.until(topUp());
  await pass(2_000);
  box.rot({ of: 'entry', at: 0.99, bytes: 4, xor: 0x10 });
  box.start();
  expect(box.isUp).toBe(false);
  await pass(60_000);
  expect(box.journal.epoch).toBe(2);
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved', balanceMinor: 2000 });
});

it('whose journal rots under its hands, before that entry was sent, sells no more until there is another', async () => {
  box.wire.cut();
  await site.time.until(topUp());
  box.rotWhileUp({ at: 0.5, xor: 1 });
  await pass(15_000);
  expect(box.sync.state().failing).toMatchObject({ up: 'journal-damaged' });
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'cancelled', chip: 'untouched' });
  box.wire.mend();
  await pass(60_000);
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved' });
});
