import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { declined, fault } from '../../test/answers.ts';
import { type Ask, BAR, BAR_2, Bar, requestNo, tapNo } from '../../test/bar-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

const noOne = { operator: null, shift: null };

describe('a cash-out', () => {
  const cashOut = (n: number, amountMinor: number | null = null): Ask<'cashout'> => ({
    ...noOne,
    tapId: tapNo(n),
    amountMinor,
  });
  const paid = (n: number, tap: number): Ask<'drawer-paid'> => ({
    requestId: requestNo(n),
    tapId: tapNo(tap),
    operator: null,
  });

  it('takes all but the bonus off the chip, and the drawer is paid once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000, bonusMinor: 500 });
    const answer = await bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1)));
    expect(answer).toMatchObject({
      outcome: 'approved',
      amountMinor: 2000,
      balanceMinor: 0,
      bonusMinor: 500,
    });
    expect(bar.books()).toEqual({ 'wallet-main': 2000, 'cashout-payable': -2000 });
    expect(await bar.ask('drawer-paid', paid(1, 1))).toMatchObject({
      outcome: 'done',
      figures: { amountMinor: 2000 },
    });
    expect(bar.books()).toEqual({ 'wallet-main': 2000, 'cash:bar-1': -2000 });
    expect(await bar.ask('drawer-paid', paid(1, 1))).toMatchObject({ outcome: 'done' });
    expect(await bar.ask('drawer-paid', paid(2, 1))).toEqual(fault('drawer-paid-already'));
    await bar.restart();
    expect(await bar.ask('drawer-paid', paid(1, 1))).toMatchObject({ figures: { amountMinor: 2000 } });
    expect(await bar.ask('drawer-paid', paid(3, 1))).toEqual(fault('drawer-paid-already'));
    expect(bar.story()).toEqual(['tap', 'posted', 'drawer-paid']);
  });

  it('asked for twice at once is paid once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1, 500)));
    const both = await Promise.all([bar.ask('drawer-paid', paid(1, 1)), bar.ask('drawer-paid', paid(2, 1))]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['done', 'fault']);
  });

  it('is not paid out when it is no cash-out, not green, or of another till', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    bar.reader().arm(tearAtByte(6));
    const torn = bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(2, 100)));
    await bar.settle();
    for (const tap of [1, 2, 3])
      expect(await bar.ask('drawer-paid', paid(tap, tap))).toEqual(fault('cash-out-unknown'));
    await bar.tell('cancel', { tapId: tapNo(2) });
    await torn;
    expect(await bar.ask('drawer-paid', paid(4, 2))).toEqual(fault('cash-out-unknown'));
    await bar.withChip(chip, BAR_2, () => bar.ask('cashout', cashOut(5, 100), BAR_2));
    expect(await bar.ask('drawer-paid', paid(5, 5))).toEqual(fault('cash-out-unknown'));
  });

  it('that was dropped is not paid out, nor is one that no box ever made', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm(tearAtByte(6));
    void bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1, 500)));
    await bar.settle();
    await bar.charge(2, chip, {}, BAR_2);
    expect(bar.journal.views.tapAnswer(tapNo(1))?.state).toBe('dropped');
    for (const till of [BAR, BAR_2]) {
      expect(await bar.ask('drawer-paid', paid(till === BAR ? 1 : 2, 1), till)).toEqual(
        fault('cash-out-unknown'),
      );
    }
    expect(await bar.ask('drawer-paid', paid(3, 77))).toEqual(fault('cash-out-unknown'));
    expect(bar.story()).not.toContain('drawer-paid');
  });

  it('that was given up is not paid out, though it is found on the chip later: the guest gets it online', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const torn = bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1, 500)));
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(1) });
    await torn;
    expect(await bar.balance(2, chip)).toMatchObject({ balanceMinor: 1500 });
    expect(bar.journal.views.tapAnswer(tapNo(1))).toMatchObject({ state: 'posted', abandoned: true });
    expect(await bar.ask('drawer-paid', paid(1, 1))).toEqual(fault('cash-out-unknown'));
    expect(bar.story()).not.toContain('drawer-paid');
  });

  it('of nothing, or of more than there is, is declined', async () => {
    const [poor, chip] = [await bar.band(1, { bonusMinor: 50 }), await bar.band(2, { balanceMinor: 10 })];
    expect(await bar.withChip(poor, BAR, () => bar.ask('cashout', cashOut(1)))).toEqual(
      declined('cash-out-nothing'),
    );
    expect(await bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(2, 11)))).toEqual(
      declined('insufficient-balance'),
    );
  });
});
