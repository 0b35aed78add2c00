/** Each request is answered in its time, also when a commit hangs: with the truth, or with the word to ask again for it. */
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { DEADLINES_MS } from '@pulsera/firmware-protocol/wire/till';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Ask,
  BAR,
  Bar,
  BOSS,
  balanceOf,
  requestNo,
  SELLER,
  shiftNo,
  tapNo,
} from '../../test/bar-sample.ts';

let bar: Bar;
let disk: HangingDisk;
beforeEach(() => {
  bar = new Bar();
  disk = new HangingDisk(bar);
});
afterEach(() => bar.close());

/** A disk whose commits hang from when it is told until it goes on. */
class HangingDisk {
  #left = Number.POSITIVE_INFINITY;
  #goOn: (() => void)[] = [];

  constructor({ journal }: Bar) {
    const append = journal.append.bind(journal);
    journal.append = async (...call) => {
      this.#left -= 1;
      if (this.#left < 0) await new Promise<void>(resolve => this.#goOn.push(resolve));
      return await append(...call);
    };
  }

  /** @param after so many commits more go through. */
  hang(after = 0): void {
    this.#left = after;
  }

  async goOn(): Promise<void> {
    this.#left = Number.POSITIVE_INFINITY;
    for (const goOn of this.#goOn.splice(0)) goOn();
    await bar.settle();
  }
}

async function pass(ms: number): Promise<void> {
  bar.timers.pass(ms);
  await bar.settle();
}

const late = { outcome: 'fault', code: 'answer-late', message: expect.stringContaining('same id') };
const open = (n: number): Ask<'shift'> => ({
  requestId: requestNo(n),
  action: 'open',
  shift: shiftNo(n),
  operator: SELLER,
  floatMinor: 100,
});
const extend = (n: number, byMinor = 50): Ask<'shift'> => ({
  requestId: requestNo(n),
  action: 'extend-cap',
  approvedBy: BOSS,
  cap: 'terminal',
  byMinor,
});

describe('a request that hangs at the disk', () => {
  it('is answered when its time is up and not again by itself; asked again, the answer is the true one', async () => {
    disk.hang();
    void bar.tell('shift', extend(1));
    await bar.settle();
    await pass(DEADLINES_MS.shift - 1);
    expect(bar.results).toEqual([]);
    await pass(1);
    expect(bar.results).toEqual([{ requestId: requestNo(1), ...late }]);
    await disk.goOn();
    expect(bar.results).toHaveLength(1);
    expect(await bar.ask('shift', extend(1))).toMatchObject({ outcome: 'done', figures: { byMinor: 50 } });
    expect(bar.story()).toEqual(['cap-extended']);
  });

  it('holds up the one behind it, which is answered in its own time and not begun afterwards', async () => {
    disk.hang();
    void bar.tell('shift', open(1));
    await bar.settle();
    await pass(500);
    void bar.tell('shift', extend(2));
    await bar.settle();
    await pass(DEADLINES_MS.shift - 1);
    expect(bar.results).toEqual([{ requestId: requestNo(1), ...late }]);
    await pass(1);
    expect(bar.results).toEqual([1, 2].map(n => ({ requestId: requestNo(n), ...late })));
    await disk.goOn();
    expect(bar.story()).toEqual(['shift-opened']);
    expect(await bar.ask('shift', extend(2))).toMatchObject({ outcome: 'done' });
    expect(bar.story()).toEqual(['shift-opened', 'cap-extended']);
  });

  it('asked again while it still hangs, is carried out once and told it once more', async () => {
    disk.hang();
    for (let i = 0; i < 3; i++) {
      void bar.tell('shift', extend(1));
      await bar.settle();
      await pass(DEADLINES_MS.shift);
    }
    expect(bar.results).toMatchObject([late, late, late]);
    void bar.tell('shift', extend(1));
    await disk.goOn();
    expect(bar.results.slice(3)).toMatchObject([{ outcome: 'done' }]);
    expect(bar.story()).toEqual(['cap-extended']);
  });

  it('is no way to have another one carried out under its id', async () => {
    await bar.ask('shift', extend(1));
    expect(await bar.ask('shift', extend(1, 60))).toMatchObject({ code: 'request-id-reused' });
    expect(bar.story()).toEqual(['cap-extended']);
  });
});

describe('a charge', () => {
  it('is not late while a wristband is waited for', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const answer = bar.charge(1);
    await bar.settle();
    for (let i = 0; i < 5; i++) await pass(DEADLINES_MS.tap - 1);
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved' });
    await pass(DEADLINES_MS.tap);
    expect(bar.results).toHaveLength(1);
  });

  it.each([
    ['before the chip is written', 0, 2000],
    ['after it was written', 1, 1400],
  ])(
    'that hangs %s is neither approved nor cancelled, and asked again it is what it came to',
    async (_, commits, onChip) => {
      const chip = await bar.band(1, { balanceMinor: 2000 });
      disk.hang(commits);
      await bar.reader().present(chip);
      void bar.tell('charge', bar.cart(1));
      await bar.settle();
      await pass(DEADLINES_MS.tap - 1);
      expect(bar.results).toEqual([]);
      await pass(1);
      expect(bar.results).toEqual([{ tapId: tapNo(1), ...late }]);
      expect(balanceOf(chip)).toBe(onChip);
      // Asked again while it hangs: the same, in the same time.
      void bar.tell('charge', bar.cart(1));
      await bar.settle();
      await pass(DEADLINES_MS.tap);
      expect(bar.results).toMatchObject([late, late]);
      await disk.goOn();
      expect(bar.results).toHaveLength(2);
      expect(await bar.ask('charge', bar.cart(1))).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
      await bar.reader().remove(chip);
      expect(await bar.charge(2, await bar.band(2, { balanceMinor: 900 }))).toMatchObject({
        outcome: 'approved',
      });
      expect(bar.story()).toEqual(['tap', 'posted', 'tap', 'posted']);
    },
  );

  it.each(['charge', 'cancel'] as const)(
    'that was late, and late again when the till sent a %s, has shown no green: given back when it goes on',
    async leaf => {
      const chip = await bar.band(1, { balanceMinor: 2000 });
      disk.hang(1);
      await bar.reader().present(chip);
      void bar.tell('charge', bar.cart(1));
      await bar.settle();
      await pass(DEADLINES_MS.tap);
      void bar.tell(leaf, leaf === 'charge' ? bar.cart(1) : { tapId: tapNo(1) });
      await bar.settle();
      await pass(DEADLINES_MS.tap);
      expect(bar.results).toMatchObject([late, late]);
      expect(await bar.ask('balance', { tapId: tapNo(9) })).toMatchObject({ code: 'till-busy' });
      await disk.goOn();
      await bar.reader().remove(chip);
      await bar.charge(2, await bar.band(2, { balanceMinor: 900 }));
      expect(bar.story()).toEqual(['tap', 'posted', 'abandoned', 'tap', 'posted']);
      expect(await bar.charge(1)).toMatchObject({ outcome: 'cancelled', chip: 'unsettled' });
    },
  );

  it('that is late before anything was written is not begun any more', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const reader = bar.reader();
    const run = reader.run.bind(reader);
    let answer: () => void = () => undefined;
    const slow = new Promise<void>(resolve => {
      answer = resolve;
    });
    reader.run = async script => await slow.then(() => run(script));
    await reader.present(chip);
    void bar.tell('charge', bar.cart(1));
    await bar.settle();
    await pass(DEADLINES_MS.tap);
    expect(bar.results).toMatchObject([late]);
    answer();
    await bar.settle();
    expect([bar.story(), bar.results.length, balanceOf(chip)]).toEqual([[], 1, 2000]);
    await reader.remove(chip);
    expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
  });

  it('that was late and then torn takes no wristband until it is asked for again', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    disk.hang();
    bar.reader().arm(tearAtByte(6));
    await bar.reader().present(chip);
    void bar.tell('charge', bar.cart(1));
    await bar.settle();
    await pass(DEADLINES_MS.tap);
    await disk.goOn();
    await bar.reader().present(chip);
    await bar.settle();
    expect([bar.story(), bar.results.length]).toEqual([['tap'], 1]);
    expect(await bar.ask('charge', bar.cart(1))).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('whose till was gone while it was written is kept for it too', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    disk.hang(1);
    await bar.reader().present(chip);
    void bar.tell('charge', bar.cart(1));
    await bar.settle();
    bar.desk.onTerminalGone(BAR);
    await disk.goOn();
    expect(bar.results).toEqual([]);
    await bar.reader().remove(chip);
    await bar.charge(2, await bar.band(2, { balanceMinor: 900 }));
    expect(bar.story()).toEqual(['tap', 'posted', 'abandoned', 'tap', 'posted']);
  });
});

describe('a cancel', () => {
  it('of an interrupted tap that hangs at the disk is late; asked again, the tap is let go', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm(tearAtByte(6));
    void bar.withChip(chip, BAR, () => bar.tell('charge', bar.cart(1)));
    await bar.settle();
    disk.hang();
    void bar.tell('cancel', { tapId: tapNo(1) });
    await bar.settle();
    await pass(DEADLINES_MS.cancel - 1);
    expect(bar.results).toEqual([]);
    await pass(1);
    expect(bar.results).toEqual([{ tapId: tapNo(1), ...late }]);
    await disk.goOn();
    expect(bar.results).toHaveLength(1);
    expect(await bar.ask('cancel', { tapId: tapNo(1) })).toMatchObject({
      outcome: 'cancelled',
      chip: 'unsettled',
    });
    expect(bar.story()).toEqual(['tap', 'abandoned']);
  });

  it('of a tap that hangs midway is one word to ask again, and then what the tap came to', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    disk.hang();
    await bar.reader().present(chip);
    void bar.tell('charge', bar.cart(1));
    await bar.settle();
    void bar.tell('cancel', { tapId: tapNo(1) });
    await bar.settle();
    await pass(DEADLINES_MS.cancel);
    expect(bar.results).toEqual([{ tapId: tapNo(1), ...late }]);
    await pass(DEADLINES_MS.tap);
    void bar.tell('cancel', { tapId: tapNo(1) });
    await disk.goOn();
    expect(bar.results.slice(1)).toMatchObject([{ outcome: 'approved', balanceMinor: 1400 }]);
    await bar.reader().remove(chip);
    await bar.charge(2, await bar.band(2, { balanceMinor: 900 }));
    expect(bar.story()).toEqual(['tap', 'posted', 'tap', 'posted']);
  });
});

type Step =
  | 'hang'
  | 'go-on'
  | 'a-second'
  | 'a-while'
  | 'charge'
  | 'cancel'
  | 'next'
  | 'gone'
  | 'tear'
  | 'lift'
  | 'hold-out';
const step = fc.constantFrom<Step[]>(
  'hang',
  'go-on',
  'a-second',
  'a-while',
  'charge',
  'cancel',
  'next',
  'gone',
  'tear',
  'lift',
  'hold-out',
);

it('whatever hangs, and in whatever order a till asks, gives up and goes on: no answer contradicts another, and green stays sold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async steps => {
      await bar.close();
      bar = new Bar();
      disk = new HangingDisk(bar);
      const chip = await bar.band(1, { balanceMinor: 2000 });
      await bar.reader().present(chip);
      const moves: Record<Step, () => unknown> = {
        hang: () => disk.hang(1),
        'go-on': () => disk.goOn(),
        'a-second': () => pass(1000),
        'a-while': () => pass(DEADLINES_MS.tap),
        charge: () => void bar.tell('charge', bar.cart(1)),
        cancel: () => void bar.tell('cancel', { tapId: tapNo(1) }),
        next: () => void bar.tell('charge', bar.cart(2)),
        gone: () => bar.desk.onTerminalGone(BAR),
        tear: () => bar.reader().arm(tearAtByte(6)),
        lift: () =>
          bar
            .reader()
            .remove(chip)
            .catch(() => undefined),
        'hold-out': () =>
          bar
            .reader()
            .present(chip)
            .catch(() => undefined),
      };
      for (const one of ['charge' as const, ...steps]) {
        await moves[one]();
        await bar.settle();
      }
      await disk.goOn();
      await pass(120_000);
      const [first, second] = [1, 2].map(n => {
        const final = bar.results.filter(
          result => 'tapId' in result && result.tapId === tapNo(n) && result.outcome !== 'fault',
        );
        expect(new Set(final.map(answer => JSON.stringify(answer))).size).toBeLessThanOrEqual(1);
        return { answer: final[0], record: bar.journal.views.tapAnswer(tapNo(n)) };
      });
      for (const { answer, record } of [first, second].filter(each => each !== undefined)) {
        if (answer?.outcome === 'approved')
          expect(record).toMatchObject({ state: 'posted', abandoned: false });
        if (answer?.outcome === 'cancelled' && answer.chip === 'untouched') {
          expect(record?.state).not.toBe('posted');
        }
      }
      // Its till went on without a green screen: the guest gets it back.
      const wentOn = (second?.record?.ref.seq ?? 0) > (first?.record?.ref.seq ?? Number.POSITIVE_INFINITY);
      if (wentOn && first?.answer?.outcome !== 'approved')
        expect(first?.record).toMatchObject({ abandoned: true });
      expect(bar.faults.filter(({ code }) => code === 'unexpected')).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
