import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bar, balanceOf, tapNo } from '../../test/bar-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

describe('the plug pulled', () => {
  it('between pending and write: the same tap id goes on with the same wristband only, and charges once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    // The chip leaves before its first WRITE, and the box dies before it can note that nothing was written.
    bar.reader().arm({ kind: 'removed', atExchange: 2 });
    bar.crashAfter(1);
    void bar.charge(1, chip);
    await bar.settle();
    await bar.restart();
    expect(bar.story()).toEqual(['tap']);
    const other = await bar.band(2, { balanceMinor: 5000 });
    const answer = bar.charge(1, other);
    await bar.settle();
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again', reason: 'other-chip' });
    await bar.reader().remove(other);
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    expect([balanceOf(chip), balanceOf(other)]).toEqual([1400, 5000]);
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('between write and settlement: the same tap id is posted by sight', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.crashAfter(1);
    void bar.charge(1, chip);
    await bar.settle();
    expect(bar.results).toEqual([]);
    expect(balanceOf(chip)).toBe(1400);
    await bar.reader().remove();
    await bar.restart();
    expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    expect(balanceOf(chip)).toBe(1400);
    expect(bar.entries().at(-1)).toMatchObject({ body: { outcome: 'posted', evidence: 'sight' } });
  });

  it('between settlement and answer: the same tap id gets the same answer, with no wristband', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const answer = await bar.charge(1, chip);
    await bar.restart();
    expect(await bar.charge(1)).toEqual(answer);
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('and a till that has moved on by then: the open tap is abandoned', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.crashAfter(1);
    void bar.charge(1, chip);
    await bar.settle();
    await bar.reader().remove();
    await bar.restart();
    expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
    expect(bar.story()).toEqual(['tap', 'abandoned', 'posted', 'tap', 'posted']);
    expect(await bar.charge(1)).toMatchObject({ tapId: tapNo(1), outcome: 'cancelled', chip: 'unsettled' });
  });

  it('and a till that cancels it by then: its write is given up, and no untouched wristband is promised', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.crashAfter(1);
    void bar.charge(1, chip);
    await bar.settle();
    await bar.reader().remove();
    await bar.restart();
    const unsettled = { tapId: tapNo(1), outcome: 'cancelled', chip: 'unsettled' };
    expect(await bar.ask('cancel', { tapId: tapNo(1) })).toEqual(unsettled);
    expect(bar.story()).toEqual(['tap', 'abandoned']);
    expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
    expect(await bar.charge(1)).toEqual(unsettled);
  });

  it('with a plan that no longer sells it: what was begun is still finished', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.crashAfter(1);
    void bar.charge(1, chip, { operator: 'sam' as never });
    await bar.settle();
    await bar.reader().remove();
    await bar.restart();
    const { samplePlan } = await import('../../test/bar-sample.ts');
    const { SellingPlan } = await import('../plan/selling.ts');
    bar.plan = new SellingPlan(samplePlan({ version: 2, staff: [] }));
    expect(await bar.charge(1, chip, { operator: 'sam' as never })).toMatchObject({ outcome: 'approved' });
    expect(await bar.charge(2, chip, { operator: 'sam' as never })).toMatchObject({
      code: 'operator-unknown',
    });
  });
});
