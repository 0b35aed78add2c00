/** What a store must do with boxes, what is set aside of them, and cases. */
import type { BoxId, Seq } from '@pulsera/firmware-protocol/ids';
import { expect, test } from 'vitest';
import type { JournalKey, StoredHead } from './journals.ts';
import { BOX, batches, found, NEXT_EPOCH, setAside } from './sample.contract.ts';
import type { Within } from './store.contract.ts';

export function boxesContract(within: Within): void {
  test('cases are numbered once, and brought up to date when they are found again', async () => {
    await within(async ({ cases }) => {
      await cases.file([found('a'), found('b', { kind: 'forgery', uid: null, lossBoundMinor: null })], 1000);
      await cases.file([found('a', { refs: [], detail: { more: 1 }, lossBoundMinor: null })], 2000);
      await cases.setLossBound(found('b', { kind: 'forgery' }), 77);
      await cases.setLossBound(found('nothing'), 77);
    });
    const filed = await within(({ cases }) => cases.list(0, 9));
    expect(filed).toMatchObject([
      { number: 1, subject: 'a', refs: [], detail: { more: 1 }, lossBoundMinor: 5, openedAtMs: 1000 },
      { subject: 'b', kind: 'forgery', uid: null, lossBoundMinor: 77, state: 'open' },
    ]);
    expect(filed).toHaveLength(2);
    expect(await within(({ cases }) => cases.list(1, 9))).toEqual(filed.slice(1));
    expect(await within(({ cases }) => cases.list(0, 1))).toEqual(filed.slice(0, 1));
  });

  test('a box obeys as far as its newest epoch says, unless that is forked; revoked, it is on no list', async () => {
    const end = { hash: new Uint8Array(32), head: null, checkpoint: null };
    const save = (key: JournalKey, obeyedSeq: number, state: StoredHead['state']) =>
      within(async ({ journals }) => {
        await journals.lock(key);
        await journals.saveHead(key, { ...end, seq: 1 as Seq, obeyedSeq: obeyedSeq as Seq, state });
      });
    const obeying = () => within(({ boxes }) => boxes.obeying());
    const other = { box: 4, obeyedSeq: 0 };
    await save(BOX, 7, 'open');
    expect(await obeying()).toEqual([{ box: 3, obeyedSeq: 7 }, other]);
    await save(NEXT_EPOCH, 2, 'open');
    expect(await obeying()).toEqual([{ box: 3, obeyedSeq: 2 }, other]);
    await save(NEXT_EPOCH, 2, 'forked');
    expect(await obeying()).toEqual([{ box: 3, obeyedSeq: 0 }, other]);
    expect(await within(({ boxes }) => boxes.revoke(BOX.box, 5000))).toBe(true);
    expect(await within(({ boxes }) => boxes.revoke(BOX.box, 6000))).toBe(false);
    expect(await obeying()).toEqual([other]);
    const record = await within(({ boxes }) => boxes.read(BOX.box));
    expect(record).toMatchObject({ box: 3, state: 'revoked', revokedAtMs: 5000 });
    expect(await within(({ boxes }) => boxes.hold(BOX.box))).toBe('revoked');
    expect(await within(({ boxes }) => boxes.hold(9 as BoxId))).toBeUndefined();
    expect(await within(({ boxes }) => boxes.read(9 as BoxId))).toBeUndefined();
  });

  test('when a box was heard never moves back', async () => {
    for (const nowMs of [1000, 3000, 2000]) await within(({ boxes }) => boxes.noteHeard(BOX.box, nowMs));
    expect(await within(({ boxes }) => boxes.heard())).toEqual([
      { box: 3, heardMs: 3000 },
      { box: 4, heardMs: null },
    ]);
  });

  test('what is set aside is kept once, as it came first, and read in the order it came', async () => {
    await within(async ({ quarantine }) => {
      await quarantine.keep(setAside(2, { receivedMs: 2000 }));
      await quarantine.keep(setAside(1));
      await quarantine.keep(setAside(1, { receivedMs: 9000, reason: 'journal-revoked' }));
    });
    const kept = await within(batches);
    expect(kept.map(({ batch, reason, receivedMs }) => [...batch, reason, receivedMs])).toEqual([
      [1, 'journal-forked', 1000],
      [2, 'journal-forked', 2000],
    ]);
  });
}
