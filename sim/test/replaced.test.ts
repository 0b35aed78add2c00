/** Replaced wristbands in any order of taps, tears, cut-off boxes and syncs: nobody's money is doubled, and none is stranded. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { type Credit, cashOut, creditsToLoad, type Rule } from '@pulsera/firmware-protocol/purse/rules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Chip } from '../../cloud-api/test/chip.ts';
import { buy, type Fate, JournalBox, load } from '../../cloud-api/test/journal-box.ts';
import { PaperCloud } from './paper-cloud.ts';

const EVENT = 7;
const BOXES = [1, 2, 3];

type Step =
  | {
      readonly do: 'tap';
      readonly box: number;
      /** 0 is the wristband the guest wears, 1 the one before. */
      readonly age: number;
      readonly what: 'buy' | 'load' | 'out';
      readonly fate: Fate;
    }
  | { readonly do: 'abandon' | 'obey'; readonly box: number }
  | { readonly do: 'sync'; readonly box: number; readonly most: number }
  | { readonly do: 'credit' | 'replace' };

const box = fc.integer({ min: 0, max: BOXES.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('tap' as const),
      box,
      age: fc.constantFrom(0, 0, 1, 1, 2),
      what: fc.constantFrom('buy', 'buy', 'load', 'out'),
      fate: fc.constantFrom('done', 'done', 'kept', 'written'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), box }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('obey' as const), box }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('sync' as const), box, most: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('credit' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const) }) },
);

class Story {
  readonly cloud = new PaperCloud();
  readonly boxes = BOXES.map(number => new JournalBox(EVENT, number));
  /** The guest's wristbands, newest first. */
  readonly chips = [new Chip(1)];
  #payments = 0;

  constructor() {
    for (const { box } of this.boxes) this.cloud.enrol(box);
    const [chip] = this.chips;
    if (chip) this.cloud.issue(chip.uid, chip.wallet, chip.root);
    this.take({ do: 'tap', box: 0, age: 0, what: 'load', fate: 'done' });
    this.take({ do: 'sync', box: 0, most: 9 });
  }

  take(step: Step): void {
    const journal = 'box' in step ? this.boxes[step.box] : undefined;
    if (step.do === 'credit') this.cloud.credit(this.#worn.wallet, 700, 50, `payment-${++this.#payments}`);
    else if (step.do === 'replace') this.#replace();
    else if (journal && step.do === 'tap') this.#tap(journal, step);
    else if (journal && step.do === 'abandon') this.#abandon(journal);
    else if (journal && step.do === 'obey') this.#obey(journal);
    else if (journal && step.do === 'sync') this.#sync(journal, step.most);
  }

  /** Every box hears of everything and sends everything, and the newest wristband shows where it stands. */
  end(): void {
    for (let round = 0; round < 2; round++) {
      for (const journal of this.boxes) this.#sync(journal, 1e9);
      for (const journal of this.boxes) this.#obey(journal);
      for (const journal of this.boxes) this.#sync(journal, 1e9);
      this.take({ do: 'tap', box: 0, age: 0, what: 'load', fate: 'done' });
    }
    for (const journal of this.boxes) this.#sync(journal, 1e9);
  }

  get #worn(): Chip {
    const [chip] = this.chips;
    if (!chip) throw new Error('no wristband');
    return chip;
  }

  #tap(journal: JournalBox, { age, what, fate }: Extract<Step, { do: 'tap' }>): void {
    const chip = this.chips[age];
    if (!chip || this.#isBlocked(journal, chip)) return;
    const rules: Rule[] = what === 'buy' ? [buy(1, 300)] : what === 'load' ? [load(2000)] : [cashOut(400)];
    const credits = creditsToLoad(chip.current().image, this.#listAt(journal, chip));
    journal.tap(chip, [...(credits ? [credits] : []), ...rules], fate);
  }

  #replace(): void {
    const next = new Chip(100 + this.chips.length, 0, this.chips.length + 1, this.#worn.wallet);
    this.cloud.replace(next.wallet, next.uid, next.root);
    this.chips.unshift(next);
  }

  /** A till gives up on the first tap of its box that is open, as far as the box knows. */
  #abandon(journal: JournalBox): void {
    const told = new Set(
      journal.entries.flatMap(({ kind, body }) => (kind === 'settlement' ? [body.of.seq] : [])),
    );
    const open = journal.entries.find(({ kind, seq }) => kind === 'tap' && !told.has(seq));
    const { box, epoch } = journal;
    if (open) journal.settle({ box, epoch, seq: open.seq }, 'abandoned', 'none');
  }

  #obey(journal: JournalBox): void {
    const seq = this.cloud.journal.contents.length as Seq;
    journal.cloudSeq = seq;
    journal.append({ kind: 'cloud-cursor', body: { seq, hash: new Uint8Array(32) } });
  }

  #sync({ box, epoch, entries }: JournalBox, most: number): void {
    const from = this.cloud.held({ box, epoch });
    this.cloud.receive({ box, epoch }, entries.slice(from, from + most));
  }

  #known({ cloudSeq }: JournalBox) {
    return this.cloud.journal.contents.slice(0, cloudSeq).map(decodeEntry);
  }

  #isBlocked(journal: JournalBox, { uid }: Chip): boolean {
    return this.#known(journal).some(({ kind, body }) => kind === 'replaced' && body.fromUid === uid);
  }

  #listAt(journal: JournalBox, { wallet, generation }: Chip): Credit[] {
    return this.#known(journal).flatMap(({ kind, body }) =>
      kind === 'credited' && body.wallet === wallet && body.generation === generation ? [body] : [],
    );
  }

  owedMinor(): number {
    const balances = this.cloud.balances();
    const { wallet } = this.#worn;
    return 0 - (balances[`wallet-main:${wallet}`] ?? 0) - (balances[`wallet-bonus:${wallet}`] ?? 0);
  }

  /** On the newest wristband, and waiting in its list. */
  spendableMinor(): number {
    const { balanceMinor, bonusMinor, creditNumber } = this.#worn.current().image;
    return this.cloud
      .creditsAfter(this.#worn.wallet, creditNumber)
      .reduce((sum, credit) => sum + credit.mainMinor + credit.bonusMinor, balanceMinor + bonusMinor);
  }
}

describe('once every box obeys the blocks', () => {
  test('the books owe what the newest wristband and its list hold', () => {
    let replaced = 0;
    let loaded = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const story = new Story();
        for (const each of steps) story.take(each);
        const { wallet } = story.chips[0] ?? {};
        story.end();
        const ended = story.chips.slice(1);
        replaced += ended.length;
        loaded += ended.filter(chip => chip.current().image.creditNumber > 0).length;
        expect(wallet && story.cloud.heldBack(wallet)).toEqual([]);
        expect(story.spendableMinor()).toBe(story.owedMinor());
        expect([...story.cloud.cases.keys()]).toEqual([]);
        expect(story.cloud.balances()['topup-suspense']).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    expect(Math.min(replaced, loaded), 'or nothing was tried').toBeGreaterThan(20);
  });
});
