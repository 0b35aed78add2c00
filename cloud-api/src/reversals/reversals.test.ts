/** The right to reverse a sale, asked for over HTTP, and what the cloud makes of reversals that nobody had the right to. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Chip } from '../../test/chip.ts';
import { testEvent } from '../../test/event.ts';
import { buy, load, type Sold } from '../../test/journal-box.ts';
import type { Sender } from '../../test/sending.ts';

const event = testEvent();
let one: Sender;
let two: Sender;
let chip: Chip;
let sold: Sold;

beforeEach(async () => {
  [one, two] = [await event.box(), await event.box()];
  chip = await event.wristband();
  one.journal.tap(chip, [load(2000)]);
  const sale = one.journal.tap(chip, [buy(1, 400)]);
  if (!sale) throw new Error('not sold');
  sold = one.journal.sold(sale);
  await send(one);
});

const send = async (box: Sender, journal = box.journal) =>
  expect(await event.send(box, journal.batch())).toMatchObject({ status: 200 });
const ask = async (box: Sender, tap: string = sold.tap, uid: string = chip.uid) => {
  const answer = await event.cloud.call('POST', '/v1/edge/reversals', {
    body: { tap, uid },
    token: box.enrolled.token,
  });
  expect(answer.status).toBe(200);
  return answer.body;
};
const told = (after = 0) => event.cloudEntries(two, after);
const rights = async () =>
  (await told())
    .filter(({ kind }) => kind.startsWith('reversal-'))
    .map(({ kind, body }) => ('to' in body ? `${kind} ${body.to}` : kind));
const end = async () => (await told()).length;
/** Both boxes say that they hold all of the cloud's journal. */
const obeyAll = async () => {
  const seq = await end();
  for (const box of [one, two]) {
    box.journal.obey(seq);
    await send(box);
  }
};
/** The whole way: asked, waited for, granted. */
const handOver = async () => {
  await ask(two);
  await obeyAll();
  expect(await ask(two)).toMatchObject({ outcome: 'granted' });
  await obeyAll();
};
const refusal = (change: object) => ({
  outcome: 'refused',
  box: one.enrolled.boxId,
  sinceMs: null,
  boxesCutOff: 0,
  ...change,
});

describe('a box that asks for the right to reverse another’s sale', () => {
  test('waits until that box has shown that it knows, and is granted it with the sale’s terms', async () => {
    expect(await ask(two)).toEqual({ outcome: 'wait', box: one.enrolled.boxId });
    expect(await ask(two)).toEqual({ outcome: 'wait', box: one.enrolled.boxId });
    expect(await rights()).toEqual(['reversal-withdrawn']);
    one.journal.obey(await end());
    await send(one);
    const cloudSeq = (await end()) + 1;
    expect(await ask(two)).toEqual({ outcome: 'granted', cloudSeq });
    expect(await ask(two)).toEqual({ outcome: 'granted', cloudSeq });
    expect((await told()).at(-1)).toMatchObject({
      seq: cloudSeq,
      kind: 'reversal-granted',
      body: { of: sold.ref, tap: sold.tap, to: two.enrolled.boxId, ...sold.terms },
    });
  });

  test('reverses it once: no case, and whoever asks then is told', async () => {
    await handOver();
    two.journal.reverse(chip, sold);
    await send(two);
    expect(await event.cases()).toEqual([]);
    expect(await ask(one)).toEqual(refusal({ reason: 'done', box: two.enrolled.boxId }));
    expect(await ask(two)).toEqual(refusal({ reason: 'done', box: two.enrolled.boxId }));
  });

  test('is told that a reversal is under way, and gets the right when that one was dropped', async () => {
    one.journal.reverse(chip, sold, 'kept');
    await send(one);
    expect(await ask(two)).toEqual(refusal({ reason: 'under-way' }));
    one.journal.tap(chip, [buy(1, 100)]);
    await send(one);
    await ask(two);
    await obeyAll();
    expect(await ask(two)).toMatchObject({ outcome: 'granted' });
  });

  test('that was reversed where it was sold, on its way to the cloud, is told so when the journal is in', async () => {
    await ask(two);
    one.journal.reverse(chip, sold);
    one.journal.obey(await end());
    await send(one);
    expect(await ask(two)).toEqual(refusal({ reason: 'done' }));
    expect(await event.cases()).toEqual([]);
  });

  test('hands it back to the box that sold', async () => {
    await handOver();
    expect(await ask(one)).toEqual({ outcome: 'wait', box: two.enrolled.boxId });
    await obeyAll();
    expect(await ask(one)).toMatchObject({ outcome: 'granted' });
    expect(await rights()).toEqual([
      'reversal-withdrawn',
      `reversal-granted ${two.enrolled.boxId}`,
      'reversal-withdrawn',
      `reversal-granted ${one.enrolled.boxId}`,
    ]);
    await obeyAll();
    one.journal.reverse(chip, sold);
    await send(one);
    expect(await event.cases()).toEqual([]);
  });

  test('knows only sales of that wristband, posted and not given back', async () => {
    const other = await event.wristband(900);
    const unknown = refusal({ reason: 'unknown', box: null });
    expect(await ask(two, sold.tap, other.uid)).toEqual(unknown);
    expect(await ask(two, sold.tap, '04ffffffffffff')).toEqual(unknown);
    const [loaded] = one.journal.entries;
    expect(await ask(two, loaded?.kind === 'tap' ? loaded.body.tap : '')).toEqual(unknown);
    one.journal.settle(sold.ref, 'abandoned', 'none');
    await send(one);
    expect(await ask(two)).toEqual(unknown);
    expect(await rights()).toEqual([]);
  });

  test('is told since when the box that sold is cut off, which keeps the right', async () => {
    const heardMs = event.cloud.world.nowMs();
    event.cloud.world.pass(40_000);
    expect(await ask(two)).toEqual(refusal({ reason: 'cut-off', sinceMs: heardMs, boxesCutOff: 1 }));
    expect(await rights()).toEqual([]);
    const nobodys = '00000000-0000-4000-8000-000000000000';
    expect(await ask(two, nobodys)).toEqual(refusal({ reason: 'unknown', box: null, boxesCutOff: 1 }));
    await send(one);
    expect(await ask(two)).toEqual({ outcome: 'wait', box: one.enrolled.boxId });
  });

  test('has not to wait for a box that was revoked', async () => {
    await event.revoke(one);
    expect(await ask(two)).toMatchObject({ outcome: 'granted' });
  });

  test('at once with another never has it beside that one: between two grants lies a withdrawal', async () => {
    await ask(two);
    await obeyAll();
    await Promise.all([one, two, one, two].map(box => ask(box)));
    const kinds = (await rights()).map(right => right.split(' ')[0]);
    expect(kinds.filter(kind => kind === 'reversal-granted').length).toBeGreaterThan(0);
    for (const [i, kind] of kinds.entries()) {
      expect(kind).toBe(i % 2 === 0 ? 'reversal-withdrawn' : 'reversal-granted');
    }
  });

  test('must be signed in, and ask by what the route takes', async () => {
    const body = { tap: sold.tap, uid: chip.uid };
    expect((await event.cloud.call('POST', '/v1/edge/reversals', { body, token: null })).status).toBe(401);
    const token = two.enrolled.token;
    const wrong = await event.cloud.call('POST', '/v1/edge/reversals', { body: { ...body, box: 1 }, token });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
  });
});

describe('a reversal', () => {
  const twice = (second: object, first: object = {}) => ({
    kind: 'reversed-twice',
    subject: `${one.enrolled.boxId}/1/${sold.ref.seq}`,
    uid: chip.uid,
    refs: [sold.ref, expect.objectContaining(first), expect.objectContaining(second)],
    lossBoundMinor: 600,
  });

  test('by a box that was never given the right is a case, and so is the second one', async () => {
    two.journal.reverse(chip, sold);
    await send(two);
    expect(await event.cases()).toMatchObject([{ kind: 'entry-inconsistent', detail: { flaws: 'right' } }]);
    one.journal.reverse(chip, sold);
    await send(one);
    expect(await event.cases()).toMatchObject([
      { kind: 'entry-inconsistent' },
      twice({ box: two.enrolled.boxId }, { box: one.enrolled.boxId }),
    ]);
  });

  test('by the box that sold, after it has obeyed the withdrawal, is a case', async () => {
    await handOver();
    one.journal.reverse(chip, sold);
    await send(one);
    expect(await event.cases()).toMatchObject([{ kind: 'entry-inconsistent', detail: { flaws: 'right' } }]);
  });

  test('repeated in a new epoch, from a disk that was put back, is a case with its loss', async () => {
    one.journal.reverse(chip, sold);
    await send(one);
    const restored = event.twin(one, 2);
    restored.reverse(chip, sold);
    await send(one, restored);
    expect(await event.cases()).toMatchObject([twice({ epoch: 2 }, { epoch: 1 })]);
  });

  test('that is not posted, or was dropped, makes none', async () => {
    one.journal.reverse(chip, sold, 'kept');
    one.journal.reverse(chip, sold);
    await send(one);
    expect(await event.cases()).toEqual([]);
  });

  test('of other amounts, or on another wristband, is a case', async () => {
    const other = await event.wristband(900);
    one.journal.reverse(chip, { ...sold, terms: { ...sold.terms, mainMinor: 700 } });
    one.journal.reverse(other, sold);
    await send(one);
    expect(await event.cases()).toMatchObject([
      { kind: 'entry-inconsistent', detail: { flaws: 'undone-amounts' } },
      { kind: 'entry-inconsistent', detail: { flaws: expect.stringContaining('undone-other') } },
      { kind: 'reversed-twice', lossBoundMinor: 600 },
    ]);
  });

  test('in the same batch as the cursor behind it still counts as before it', async () => {
    await ask(two);
    const seq = (await end()) as Seq;
    one.journal.reverse(chip, sold);
    one.journal.obey(seq);
    await send(one);
    expect(await event.cases()).toEqual([]);
  });
});
