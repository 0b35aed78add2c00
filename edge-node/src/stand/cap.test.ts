import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { declined, fault } from '../../test/answers.ts';
import {
  type Ask,
  BAR_2,
  Bar,
  type BarOptions,
  BOSS,
  requestNo,
  SELLER,
  samplePlan,
  tapNo,
} from '../../test/bar-sample.ts';
import { BOX, cloudKey, EVENT, sha256 } from '../../test/journal-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

async function renew(options: BarOptions): Promise<void> {
  await bar.close();
  bar = new Bar(options);
}

describe('a cap', () => {
  const caps = (change: object) =>
    samplePlan({
      caps: { chargeMinor: 1200, chipMinor: 50_000, boxOfflineMinor: 3000, terminalMinor: 2000, ...change },
    });
  const extend = (n: number, cap: 'box-offline' | 'terminal', approvedBy = BOSS): Ask<'shift'> => ({
    requestId: requestNo(n),
    action: 'extend-cap',
    approvedBy,
    cap,
    byMinor: 1000,
  });

  it('of one charge, and of what a wristband holds', async () => {
    await renew({ plan: caps({ chipMinor: 2500 }) });
    const chip = await bar.band(1, { balanceMinor: 2000 });
    expect(await bar.charge(1, chip, bar.cart(1, 3))).toMatchObject({
      reason: 'charge-cap',
      figures: { limitMinor: 1200 },
    });
    expect(await bar.topUp(2, chip, 501)).toMatchObject({ reason: 'chip-cap' });
    expect(await bar.topUp(3, chip, 500)).toMatchObject({ outcome: 'approved' });
  });

  it('of a cut-off box is counted from the last checkpoint, warns before, and a supervisor extends it', async () => {
    await renew({ plan: caps({}) });
    const chip = await bar.band(1, { balanceMinor: 20_000 });
    for (const n of [1, 2]) await bar.charge(n, chip, bar.cart(n, 2));
    expect(bar.desk.boxState()).toMatchObject({
      cutOffSinceMs: null,
      offlineCapPercent: 0,
      plan: 1,
      hasRoom: true,
    });
    bar.cutOffSinceMs = 5;
    expect(bar.desk.boxState()).toMatchObject({ cutOffSinceMs: 5, offlineCapPercent: 80 });
    expect(await bar.charge(3, chip)).toMatchObject({ outcome: 'approved' });
    expect(await bar.charge(4, chip)).toMatchObject({ reason: 'box-cap', figures: { limitMinor: 3000 } });
    // Money may still go on it.
    expect(await bar.topUp(5, chip, 100)).toMatchObject({ outcome: 'approved' });
    expect(await bar.ask('shift', extend(1, 'box-offline', SELLER))).toEqual(fault('supervisor-needed'));
    expect(await bar.ask('shift', extend(2, 'box-offline'))).toMatchObject({
      figures: { byMinor: 1000, limitMinor: 4000 },
    });
    await bar.restart();
    expect(bar.desk.boxState()).toMatchObject({ offlineCapPercent: 75 });
    expect(await bar.charge(6, chip)).toMatchObject({ outcome: 'approved' });
    expect(await bar.charge(7, chip)).toEqual(declined('box-cap'));
    acknowledgeAll();
    expect(bar.desk.boxState()).toMatchObject({ offlineCapPercent: 0 });
    expect(await bar.charge(8, chip)).toMatchObject({ outcome: 'approved' });
  });

  it('of a till with a reader of its own counts both ways, and is its own', async () => {
    await renew({ plan: caps({}), via: 'terminal' });
    const chip = await bar.band(1, { balanceMinor: 20_000 });
    await bar.charge(1, chip);
    await bar.topUp(2, chip, 1000);
    expect(bar.entries()[0]).toMatchObject({ body: { via: 'terminal' } });
    expect(await bar.charge(3, chip)).toMatchObject({
      reason: 'terminal-cap',
      figures: { limitMinor: 2000 },
    });
    expect(await bar.charge(4, chip, {}, BAR_2)).toMatchObject({ outcome: 'approved' });
    await bar.ask('shift', extend(1, 'terminal'));
    expect(await bar.charge(5, chip)).toMatchObject({ outcome: 'approved' });
  });

  it('is not passed by two tills that decide before either is on disk', async () => {
    await renew({ plan: caps({ boxOfflineMinor: 1000 }) });
    bar.cutOffSinceMs = 5;
    const chips = [await bar.band(1, { balanceMinor: 5000 }), await bar.band(2, { balanceMinor: 5000 })];
    const append = bar.journal.append.bind(bar.journal);
    let goOn: () => void = () => undefined;
    const disk = new Promise<void>(resolve => {
      goOn = resolve;
    });
    bar.journal.append = async (...call) => await disk.then(() => append(...call));
    const both = [bar.charge(1, chips[0]), bar.charge(2, chips[1], {}, BAR_2)];
    await bar.settle();
    goOn();
    expect((await Promise.all(both)).map(({ outcome }) => outcome).sort()).toEqual(['approved', 'declined']);
    expect(bar.journal.views.exposure().takenMinor).toBe(600);
  });

  it('gives back the room of a write that was dropped', async () => {
    await renew({ plan: caps({}), via: 'terminal' });
    const chip = await bar.band(1, { balanceMinor: 20_000 });
    bar.reader().arm(tearAtByte(6));
    const torn = bar.charge(1, chip, bar.cart(1, 2));
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(1) });
    await torn;
    expect(await bar.charge(2, chip, bar.cart(2, 2))).toEqual(declined('terminal-cap'));
    await bar.charge(3, chip, {}, BAR_2);
    expect(await bar.charge(4, chip, bar.cart(4, 2))).toMatchObject({ outcome: 'approved' });
  });

  /** The cloud's checkpoint over everything. */
  function acknowledgeAll(): void {
    let hash = genesis(EVENT, BOX, 1 as Epoch, sha256);
    for (const content of bar.journal.entriesAfter(0 as Seq, 1e6, 1e9))
      hash = entryHash(hash, content, sha256);
    const head = { event: EVENT, box: BOX, epoch: 1 as Epoch, seq: bar.journal.lastSeq, hash, wallMs: 1 };
    bar.journal.acceptCheckpoint(head, signHead('pulsera/checkpoint', head, cloudKey.sign));
  }
});
