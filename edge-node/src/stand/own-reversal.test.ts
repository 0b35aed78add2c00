import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { declined } from '../../test/answers.ts';
import { type Ask, BAR, BAR_2, Bar, balanceOf, tapNo } from '../../test/bar-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

const noOne = { operator: null, shift: null };

describe('a reversal', () => {
  const reverse = (n: number, of: number): Ask<'reverse'> => ({
    ...noOne,
    tapId: tapNo(n),
    ofTapId: tapNo(of),
  });

  it('puts back what was paid, bonus as bonus, and undoes the books, once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000, bonusMinor: 100 });
    await bar.charge(1, chip);
    const answer = await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    expect(answer).toMatchObject({
      outcome: 'approved',
      amountMinor: -600,
      balanceMinor: 2000,
      bonusMinor: 100,
    });
    expect(bar.books()).toEqual({});
    expect(await bar.ask('reverse', reverse(3, 1))).toEqual(declined('reversal-done'));
    expect(await bar.ask('reverse', reverse(2, 1))).toEqual(answer);
    await bar.restart();
    expect(await bar.ask('reverse', reverse(4, 1), BAR_2)).toEqual(declined('reversal-done'));
  });

  it('is done also while it is pending, and by the same tap id goes on', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    bar.reader().arm(tearAtByte(6));
    const answer = bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    await bar.settle();
    expect(await bar.withChip(undefined, BAR_2, () => bar.ask('reverse', reverse(3, 1), BAR_2))).toEqual(
      declined('reversal-done'),
    );
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 2000 });
  });

  it('asked for at two tills goes to the one whose reader the wristband comes to', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    const slow = bar.ask('reverse', reverse(3, 1), BAR_2);
    await bar.settle();
    await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    await bar.reader(BAR_2).present(chip);
    expect(await slow).toEqual(declined('reversal-done'));
    expect(balanceOf(chip)).toBe(2000);
  });

  it('that was dropped leaves the sale to be reversed', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    bar.reader().arm(tearAtByte(6));
    const torn = bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(2) });
    await torn;
    expect(await bar.ask('reverse', reverse(3, 1))).toEqual(declined('reversal-done'));
    await bar.charge(4, chip);
    expect(await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(3, 1)))).toEqual(
      declined('reversal-done'),
    );
    expect(await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(5, 1)))).toMatchObject({
      outcome: 'approved',
    });
  });

  it('needs no cloud for sales of this box, that were green, and the wristband that paid', async () => {
    const [chip, other] = [
      await bar.band(1, { balanceMinor: 2000 }),
      await bar.band(2, { balanceMinor: 2000 }),
    ];
    bar.cutOffSinceMs = 1;
    expect(await bar.ask('reverse', reverse(9, 1))).toEqual(declined('reversal-needs-cloud'));
    await bar.topUp(1, chip, 500);
    expect(await bar.ask('reverse', reverse(8, 1))).toEqual(declined('reversal-unknown'));
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const torn = bar.charge(2, chip);
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(2) });
    await torn;
    await bar.balance(3, chip);
    expect(await bar.ask('reverse', reverse(7, 2))).toEqual(declined('reversal-unknown'));
    await bar.charge(4, chip);
    expect(await bar.withChip(other, BAR, () => bar.ask('reverse', reverse(6, 4)))).toEqual(
      declined('reversal-other-chip'),
    );
  });
});
