import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BAR, BAR_2, Bar, balanceOf, tapNo } from '../../test/bar-sample.ts';
import { uidOf } from '../../test/journal-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

describe('a charge', () => {
  it('takes the money off the chip and is approved once it is settled on disk', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    expect(await bar.charge(1, chip)).toEqual({
      tapId: tapNo(1),
      outcome: 'approved',
      amountMinor: 600,
      loadedMinor: 0,
      balanceMinor: 1400,
      bonusMinor: 0,
    });
    expect(balanceOf(chip)).toBe(1400);
    expect(bar.story()).toEqual(['tap', 'posted']);
    expect(bar.prompts).toEqual([]);
  });

  it('costs two scripts and four page writes', async () => {
    const chip = await bar.band(1, { balanceMinor: 5000 });
    for (const n of [1, 2, 3]) {
      bar.reader().reset();
      await bar.charge(n, chip);
      expect([bar.reader().scripts, bar.reader().pageWrites]).toEqual([2, 4]);
    }
  });

  it('asks for a wristband and takes the one that comes', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const answer = bar.charge(1);
    await bar.settle();
    expect(bar.prompts).toMatchObject([{ ask: 'present-wristband', reason: null }]);
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved' });
  });

  it('is declined without a trace when there is not enough', async () => {
    const chip = await bar.band(1, { balanceMinor: 250 });
    expect(await bar.charge(1, chip)).toMatchObject({
      outcome: 'declined',
      reason: 'insufficient-balance',
      figures: { missingMinor: 350 },
      balanceMinor: 250,
    });
    expect(bar.story()).toEqual([]);
    expect(bar.reader().pageWrites).toBe(0);
  });

  it('is not written to whatever took the place of the wristband that was read', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    // Nobody has protected it yet, so that it refuses nothing.
    const blank = new VirtualChip(uidOf(2));
    const before = blank.image();
    const append = bar.journal.append.bind(bar.journal);
    bar.journal.append = async (...call) => {
      const entries = await append(...call);
      if (bar.reader().chip()?.uid !== chip.uid) return entries;
      await bar.reader().remove(chip);
      await bar.reader().present(blank);
      return entries;
    };
    expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'declined', reason: 'chip-blank' });
    expect(blank.image()).toEqual(before);
    expect(balanceOf(chip)).toBe(2000);
    expect(bar.story()).toEqual(['tap', 'dropped']);
  });

  it('spends bonus first', async () => {
    const chip = await bar.band(1, { balanceMinor: 500, bonusMinor: 400 });
    expect(await bar.charge(1, chip)).toMatchObject({ balanceMinor: 300, bonusMinor: 0 });
  });
});

describe('the next tap', () => {
  it('wants the wristband to have left the field first', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.reader().present(chip);
    await bar.charge(1);
    const second = bar.charge(2);
    await bar.settle();
    expect(bar.prompts).toMatchObject([{ ask: 'remove-wristband', reason: 'chip-not-removed' }]);
    expect(balanceOf(chip)).toBe(1400);
    await bar.reader().remove();
    await bar.settle();
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'present-wristband' });
    await bar.reader().present(chip);
    expect(await second).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
  });

  it('is refused while one is under way', async () => {
    void bar.charge(1);
    await bar.settle();
    expect(await bar.charge(2)).toMatchObject({ outcome: 'fault', code: 'till-busy' });
  });
});

describe('a repeated tap id', () => {
  it('gets the first answer and charges nothing more', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const first = await bar.charge(1, chip);
    expect(await bar.charge(1, chip)).toEqual(first);
    await bar.restart();
    expect(await bar.charge(1, chip)).toEqual(first);
    expect(balanceOf(chip)).toBe(1400);
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('is the same request however long its till is ready to wait', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const answer = await bar.charge(1, chip, { waitMs: 5_000 });
    expect(await bar.charge(1, undefined, { waitMs: 60_000 })).toEqual(answer);
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('gets the first answer to a decline too', async () => {
    const poor = await bar.band(1);
    const first = await bar.charge(1, poor);
    expect(await bar.charge(1, await bar.band(2, { balanceMinor: 900 }))).toEqual(first);
  });

  it('is a fault with another cart, under way, answered, and after a restart', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const other = { lines: [{ product: 'water' as never, quantity: 1 }] };
    const reused = { outcome: 'fault', code: 'tap-id-reused' };
    const first = bar.charge(1);
    await bar.settle();
    await bar.tell('charge', { ...bar.cart(1), ...other });
    expect(await first).toMatchObject(reused);
    await bar.reader().present(chip);
    await bar.settle();
    expect(bar.results).toMatchObject([reused, { outcome: 'approved' }]);
    expect(await bar.charge(1, undefined, other)).toMatchObject(reused);
    expect(await bar.charge(1, undefined, {}, BAR_2)).toMatchObject(reused);
    await bar.restart();
    expect(await bar.charge(1, undefined, other)).toMatchObject(reused);
    expect(await bar.charge(1, undefined, {}, BAR_2)).toMatchObject(reused);
    expect(balanceOf(chip)).toBe(1400);
  });

  it('is answered once when it comes twice in one go', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const first = bar.charge(1);
    void bar.tell('charge', bar.cart(1));
    await bar.settle();
    await bar.tell('charge', bar.cart(1));
    await bar.reader().present(chip);
    await first;
    await bar.settle();
    expect(bar.results).toMatchObject([{ outcome: 'approved' }]);
    expect(balanceOf(chip)).toBe(1400);
  });
});

describe('giving up', () => {
  it('on a cancel leaves the chip untouched', async () => {
    const answer = bar.charge(1);
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(1) });
    expect(await answer).toEqual({ tapId: tapNo(1), outcome: 'cancelled', chip: 'untouched' });
    expect(await bar.ask('cancel', { tapId: tapNo(1) })).toMatchObject({ chip: 'untouched' });
    expect(await bar.ask('cancel', { tapId: tapNo(9) })).toMatchObject({ chip: 'untouched' });
  });

  it('when no wristband comes in time', async () => {
    const answer = bar.ask('charge', { ...bar.cart(1), waitMs: 5000 });
    await bar.settle();
    bar.timers.pass(4999);
    await bar.settle();
    expect(bar.results).toEqual([]);
    bar.timers.pass(1);
    expect(await answer).toMatchObject({ outcome: 'cancelled', chip: 'untouched' });
  });

  it('when the terminal is gone: a wristband held out then pays nothing, and the till may ask again', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    void bar.charge(1);
    await bar.settle();
    bar.desk.onTerminalGone(BAR);
    await bar.settle();
    await bar.reader().present(chip);
    await bar.settle();
    expect([balanceOf(chip), bar.results.length]).toEqual([2000, 0]);
    expect(await bar.charge(1)).toMatchObject({ outcome: 'approved' });
  });
});

describe('a reader', () => {
  it('that is missing or down is a fault at once, and one that goes down ends the wait', async () => {
    bar.readers.delete(BAR_2);
    expect(await bar.charge(1, undefined, {}, BAR_2)).toMatchObject({ code: 'reader-missing' });
    const answer = bar.charge(2);
    await bar.settle();
    bar.reader().unplug();
    expect(await answer).toMatchObject({ outcome: 'fault', code: 'reader-down' });
    expect(await bar.charge(2)).toMatchObject({ code: 'reader-down' });
    await bar.reader().plug();
    expect(await bar.charge(2, await bar.band(1, { balanceMinor: 900 }))).toMatchObject({
      outcome: 'approved',
    });
  });

  it('with two wristbands says so and goes on with one', async () => {
    const [one, two] = [await bar.band(1, { balanceMinor: 900 }), await bar.band(2)];
    const answer = bar.charge(1);
    await bar.settle();
    await Promise.all([bar.reader().present(one), bar.reader().present(two)]);
    await bar.settle();
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'present-wristband', reason: 'several-chips' });
    await bar.reader().remove(two);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 300 });
  });
});

describe('time', () => {
  it.each([-3_600_000, 365 * 86_400_000])('moved by %d ms never blocks a tap', async ms => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    bar.clock.set(bar.clock.wallMs() + ms);
    expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
    expect(bar.story()).toContain('clock-jump');
  });
});
