/** Sales of another box, and sales of this one whose reversal the cloud gave to another. */
import type { BoxId, Epoch, Seq, StandId } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, BAR, BAR_2, Bar, balanceOf, tapNo } from '../../test/bar-sample.ts';
import { BOX, SampleCloud, uidOf, walletOf } from '../../test/journal-sample.ts';
import type { RightAnswer } from './reverse.ts';

const OTHER = 8 as BoxId;
/** The sale's tap, wherever it was made. */
const SALE = 1;

let bar: Bar;
let cloud: SampleCloud;
let chip: VirtualChip;
let asked: unknown[];
beforeEach(async () => {
  bar = new Bar();
  cloud = new SampleCloud();
  chip = await bar.band(1, { balanceMinor: 1000 });
  asked = [];
});
afterEach(() => bar.close());

const saleAt = (box: BoxId) => ({ box, epoch: 1 as Epoch, seq: (box === BOX ? 1 : 40) as Seq });
const withdrawn = (box = OTHER): Draft => ({
  kind: 'reversal-withdrawn',
  body: { of: saleAt(box), tap: tapNo(SALE) },
});
const granted = (to: BoxId = BOX, box = OTHER): Draft => ({
  kind: 'reversal-granted',
  body: {
    of: saleAt(box),
    tap: tapNo(SALE),
    to,
    uid: uidOf(1),
    mainMinor: 500,
    bonusMinor: 100,
    undone: postings(
      [accounts.walletMain(walletOf(1)), 500],
      [accounts.walletBonus(walletOf(1)), 100],
      [accounts.revenue('grill' as StandId), -600],
    ),
  },
});

/** The cloud writes, and this box obeys. */
async function obey(...drafts: Draft[]): Promise<void> {
  cloud.write(...drafts);
  await bar.journal.appendCloud(cloud.batch(bar.journal.cloudSeq));
}

/** The cloud's answer, after what it wrote for it. */
function answering(answer: RightAnswer, ...drafts: Draft[]): void {
  bar.askForRight = async question => {
    asked.push(question);
    if (drafts.length > 0) await obey(...drafts);
    return answer;
  };
}
const GRANTED: RightAnswer = { outcome: 'granted', cloudSeq: 2 as Seq };
const refused = (change: Partial<Extract<RightAnswer, { outcome: 'refused' }>>): RightAnswer => ({
  outcome: 'refused',
  reason: 'unknown',
  box: null,
  sinceMs: null,
  boxesCutOff: 0,
  ...change,
});

const request = (n: number): Ask<'reverse'> => ({
  operator: null,
  shift: null,
  tapId: tapNo(n),
  ofTapId: tapNo(SALE),
});
const reverse = (n: number, till = BAR) =>
  bar.withChip(chip, till, () => bar.ask('reverse', request(n), till));
const declined = (reason: string, figures = {}) =>
  expect.objectContaining({ outcome: 'declined', reason, figures });

describe('a sale of another box', () => {
  it('is reversed with the wristband that paid, once the cloud has given the right', async () => {
    answering(GRANTED, withdrawn(), granted());
    expect(await reverse(2)).toMatchObject({
      outcome: 'approved',
      amountMinor: -600,
      balanceMinor: 1500,
      bonusMinor: 100,
    });
    expect(asked).toEqual([{ tap: tapNo(SALE), uid: uidOf(1) }]);
    expect(bar.prompts.map(({ ask, reason }) => [ask, reason])).toContainEqual([
      'hold-still',
      'reversal-waiting',
    ]);
    expect(bar.story()).toEqual(['cloud-cursor', 'tap', 'posted']);
    expect(bar.entries()[1]).toMatchObject({
      body: { effects: [{ kind: 'reversal', of: saleAt(OTHER), ofTap: tapNo(SALE), mainMinor: 500 }] },
    });
    expect(Object.fromEntries(bar.journal.views.tillTotals(BAR))).toMatchObject({
      'revenue:grill': 600,
      'wallet-main': -500,
    });
    expect(await reverse(3, BAR_2)).toEqual(declined('reversal-done'));
    expect(asked).toHaveLength(1);
  });

  it('is this box’s to reverse after a restart, a rebuild and a cut cable', async () => {
    await obey(withdrawn(), granted());
    await bar.restart();
    bar.journal.rebuild();
    bar.cutOffSinceMs = 5;
    expect(await reverse(2)).toMatchObject({ outcome: 'approved', balanceMinor: 1500 });
  });

  it('is declined without a wristband while the cloud can not be asked', async () => {
    bar.cutOffSinceMs = 5;
    expect(await bar.ask('reverse', request(2))).toEqual(declined('reversal-needs-cloud'));
  });

  it.each<[string, RightAnswer, string, object]>([
    ['nobody knows', refused({ boxesCutOff: 2 }), 'reversal-unknown', { boxesCutOff: 2 }],
    ['was reversed', refused({ reason: 'done', box: OTHER }), 'reversal-done', { box: OTHER }],
    ['is being reversed', refused({ reason: 'under-way', box: OTHER }), 'reversal-under-way', { box: OTHER }],
    [
      'is a cut-off box’s',
      refused({ reason: 'cut-off', box: OTHER, sinceMs: 77 }),
      'reversal-cut-off',
      { box: OTHER, sinceMs: 77 },
    ],
    ['is not let go of in time', { outcome: 'late' }, 'reversal-waiting', {}],
    ['can’t be asked about', { outcome: 'unreachable' }, 'reversal-needs-cloud', {}],
  ])('that %s is declined, and the wristband is as it was', async (_, answer, reason, figures) => {
    answering(answer);
    expect(await reverse(2)).toEqual(declined(reason, figures));
    expect(bar.story()).toEqual([]);
    expect(balanceOf(chip)).toBe(1000);
  });

  it('goes to no other wristband, whatever the cloud said', async () => {
    await obey(withdrawn(), granted());
    chip = await bar.band(2, { balanceMinor: 1000 });
    expect(await reverse(2)).toEqual(declined('reversal-other-chip'));
  });

  it('is not asked for endlessly when the right is gone again each time', async () => {
    answering(GRANTED, withdrawn());
    expect(await reverse(2)).toEqual(declined('reversal-waiting'));
    expect(asked).toHaveLength(2);
  });

  it('is let be when the till cancels while the cloud is asked', async () => {
    bar.askForRight = (_, signal) =>
      new Promise(resolve => signal.addEventListener('abort', () => resolve({ outcome: 'late' })));
    const answer = reverse(2);
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(2) });
    expect(await answer).toMatchObject({ outcome: 'cancelled', chip: 'untouched' });
  });

  it('is given up when the time for the wristband is over', async () => {
    bar.askForRight = (_, signal) =>
      new Promise(resolve => signal.addEventListener('abort', () => resolve({ outcome: 'late' })));
    const answer = reverse(2);
    await bar.settle();
    bar.timers.pass(30_000);
    expect(await answer).toEqual(declined('reversal-waiting'));
  });

  it('torn in the middle is finished after a restart, also without the cloud', async () => {
    await obey(withdrawn(), granted());
    bar.reader().arm(tearAtByte(6));
    void bar.ask('reverse', request(2));
    await bar.reader().present(chip);
    await bar.settle();
    await bar.restart();
    bar.cutOffSinceMs = 5;
    expect(await bar.ask('reverse', request(3), BAR_2)).toEqual(declined('reversal-done'));
    expect(await reverse(2)).toMatchObject({ outcome: 'approved', balanceMinor: 1500 });
  });
});

describe('once the disk was put back from a copy, and a new epoch was begun', () => {
  const putBack = () => bar.journal.openEpoch(2 as Epoch);

  it('a sale from before is reversed only when the cloud knows of no reversal that went with the disk', async () => {
    await bar.charge(SALE, chip);
    putBack();
    answering(refused({ reason: 'done', box: BOX }));
    expect(await reverse(2)).toEqual(declined('reversal-done', { box: BOX }));
    answering(GRANTED, granted(BOX, BOX));
    expect(await reverse(3)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
    expect(asked).toHaveLength(2);
  });

  it('a sale from before is not reversed while the cloud can not be asked', async () => {
    await bar.charge(SALE, chip);
    putBack();
    bar.cutOffSinceMs = 5;
    expect(await bar.ask('reverse', request(2))).toEqual(declined('reversal-needs-cloud'));
  });

  it('a right that was granted before is asked about again', async () => {
    await obey(withdrawn(), granted());
    putBack();
    answering(refused({ reason: 'done', box: BOX }));
    expect(await reverse(2)).toEqual(declined('reversal-done', { box: BOX }));
    answering(GRANTED);
    expect(await reverse(3)).toMatchObject({ outcome: 'approved', balanceMinor: 1500 });
  });

  it('what is sold since then is reversed without asking', async () => {
    putBack();
    await bar.charge(SALE, chip);
    expect(await reverse(2)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
    expect(asked).toEqual([]);
  });
});

describe('a sale of this box whose reversal was given away', () => {
  beforeEach(async () => {
    expect(await bar.charge(SALE, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 400 });
  });

  it('is declined with the box that has it, while the cloud can not be asked', async () => {
    await obey(withdrawn(BOX), granted(OTHER, BOX));
    bar.cutOffSinceMs = 5;
    expect(await bar.ask('reverse', request(2))).toEqual(declined('reversal-elsewhere', { box: OTHER }));
    await bar.restart();
    bar.journal.rebuild();
    expect(await bar.ask('reverse', request(2))).toEqual(declined('reversal-elsewhere', { box: OTHER }));
  });

  it('is reversed here all the same when the cloud gives the right back', async () => {
    await obey(withdrawn(BOX));
    answering(GRANTED, granted(BOX, BOX));
    expect(await reverse(2)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
  });

  it('is reversed without asking as long as the cloud’s word has not come', async () => {
    cloud.write(withdrawn(BOX));
    expect(await reverse(2)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
    expect(asked).toEqual([]);
  });

  it('is not reversed here when the cloud’s word comes between decision and journal', async () => {
    const { append } = bar.journal;
    cloud.write(withdrawn(BOX));
    let obeyed: Promise<unknown> | undefined;
    bar.journal.append = (...call) => {
      // Ahead of the reversal in the same commit.
      obeyed ??= bar.journal.appendCloud(cloud.batch());
      return append(...call);
    };
    expect(await reverse(2)).toMatchObject({ outcome: 'fault', code: 'reversal-not-held' });
    await obeyed;
    expect(bar.story()).toEqual(['tap', 'posted', 'cloud-cursor']);
    expect(balanceOf(chip)).toBe(400);
  });

  it('is not given up for its till, which never heard of it: the guest gets it back elsewhere', async () => {
    const other = await bar.band(3, { balanceMinor: 900 });
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    void bar.charge(5, other);
    await bar.settle();
    bar.desk.onTerminalGone(BAR);
    await bar.settle();
    await bar.balance(6, other, BAR_2);
    const record = bar.journal.views.tapAnswer(tapNo(5));
    expect(record).toMatchObject({ state: 'posted', abandoned: false });
    if (record === undefined) return;
    await obey({ kind: 'reversal-withdrawn', body: { of: record.ref, tap: tapNo(5) } });
    const next = await bar.charge(7, await bar.band(4, { balanceMinor: 900 }));
    expect(next).toMatchObject({ outcome: 'approved' });
    expect(bar.journal.views.tapAnswer(tapNo(5))).toMatchObject({ abandoned: false });
    const { ref: of, entry } = record;
    const body = { of, tap: tapNo(5), uid: entry.body.uid, outcome: 'abandoned', evidence: 'none' } as const;
    await expect(bar.journal.append([{ kind: 'settlement', body }])).rejects.toMatchObject({
      code: 'reversal-not-held',
    });
  });
});
