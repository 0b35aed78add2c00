/** Replaced wristbands in any order of taps, tears, cut-off boxes and syncs: nobody's money is doubled, and none is stranded. */
import type { EventId, Seq, WalletId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry, type Entry } from '@pulsera/firmware-protocol/journal/entry';
import { type Credit, cashOut, creditsToLoad, type Rule } from '@pulsera/firmware-protocol/purse/rules';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Wallet } from '../../cloud-api/src/ledger/wallet.ts';
import { Chip } from '../../cloud-api/test/chip.ts';
import { CloudInMemory, creditsAfter } from '../../cloud-api/test/cloud-in-memory.ts';
import { buy, type Fate, JournalBox, load } from '../../cloud-api/test/journal-box.ts';
import { boxKey } from '../../edge-node/test/journal-sample.ts';

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
  readonly boxes = BOXES.map(number => new JournalBox(EVENT, number, 1, boxKey.sign));
  readonly cloud = new CloudInMemory({
    event: EVENT as EventId,
    boxes: new Map(this.boxes.map(({ box }) => [box, boxKey.verify])),
  });
  /** The guest's wristbands, newest first. */
  readonly chips = [new Chip(1)];
  #payments = 0;

  async begin(): Promise<void> {
    await this.cloud.issue(this.#worn);
    await this.take({ do: 'tap', box: 0, age: 0, what: 'load', fate: 'done' });
    await this.take({ do: 'sync', box: 0, most: 9 });
  }

  async take(step: Step): Promise<void> {
    const journal = 'box' in step ? this.boxes[step.box] : undefined;
    if (step.do === 'credit')
      await this.cloud.credit(this.#worn.wallet, 700, 50, `payment-${++this.#payments}`);
    else if (step.do === 'replace') await this.#replace();
    else if (journal && step.do === 'tap') await this.#tap(journal, step);
    else if (journal && step.do === 'abandon') this.#abandon(journal);
    else if (journal && step.do === 'obey') await this.#obey(journal);
    else if (journal && step.do === 'sync') await this.#sync(journal, step.most);
  }

  /** Every box hears of everything and sends everything, and the newest wristband shows where it stands. */
  async end(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      for (const journal of this.boxes) await this.#sync(journal, 1e9);
      for (const journal of this.boxes) await this.#obey(journal);
      for (const journal of this.boxes) await this.#sync(journal, 1e9);
      await this.take({ do: 'tap', box: 0, age: 0, what: 'load', fate: 'done' });
    }
    for (const journal of this.boxes) await this.#sync(journal, 1e9);
  }

  get #worn(): Chip {
    const [chip] = this.chips;
    if (!chip) throw new Error('no wristband');
    return chip;
  }

  async #tap(journal: JournalBox, { age, what, fate }: Extract<Step, { do: 'tap' }>): Promise<void> {
    const chip = this.chips[age];
    if (!chip) return;
    const known = await this.#known(journal);
    if (isBlocked(known, chip)) return;
    const rules: Rule[] = what === 'buy' ? [buy(1, 300)] : what === 'load' ? [load(2000)] : [cashOut(400)];
    const credits = creditsToLoad(chip.current().image, listIn(known, chip));
    journal.tap(chip, [...(credits ? [credits] : []), ...rules], fate);
  }

  async #replace(): Promise<void> {
    const next = new Chip(100 + this.chips.length, 0, this.chips.length + 1, this.#worn.wallet);
    await this.cloud.replace(next.wallet, next.uid, next.root);
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

  async #obey(journal: JournalBox): Promise<void> {
    const seq = await this.cloud.end();
    journal.cloudSeq = seq;
    journal.append({ kind: 'cloud-cursor', body: { seq, hash: new Uint8Array(32) } });
  }

  async #sync(journal: JournalBox, most: number): Promise<void> {
    const held = await this.cloud.held(journal);
    const to = Math.min(journal.seq, held + most);
    if (to > held) await this.cloud.receive(journal.box, journal.batch(held + 1, to));
  }

  /** What the box obeys of the cloud's journal. */
  async #known({ cloudSeq }: JournalBox): Promise<readonly Entry[]> {
    const batch = cloudSeq === 0 ? undefined : await this.cloud.batch(0 as Seq, cloudSeq);
    return batch === undefined ? [] : decodeBatch(batch).contents.map(decodeEntry);
  }

  /** On the newest wristband, and waiting in its list. */
  spendableMinor(wallet: Wallet): number {
    const { balanceMinor, bonusMinor, creditNumber } = this.#worn.current().image;
    return creditsAfter(wallet, creditNumber).reduce(
      (sum, credit) => sum + credit.mainMinor + credit.bonusMinor,
      balanceMinor + bonusMinor,
    );
  }
}

const isBlocked = (known: readonly Entry[], { uid }: Chip): boolean =>
  known.some(({ kind, body }) => kind === 'replaced' && body.fromUid === uid);

function listIn(known: readonly Entry[], { wallet, generation }: Chip): Credit[] {
  return known.flatMap(({ kind, body }) =>
    kind === 'credited' && body.wallet === wallet && body.generation === generation ? [body] : [],
  );
}

describe('once every box obeys the blocks', () => {
  test('the books owe what the newest wristband and its list hold', async () => {
    let replaced = 0;
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async steps => {
        const story = new Story();
        await story.begin();
        for (const each of steps) await story.take(each);
        await story.end();
        const wallet = await story.cloud.wallet(story.chips[0]?.wallet as WalletId);
        const ended = story.chips.slice(1);
        replaced += ended.length;
        loaded += ended.filter(chip => chip.current().image.creditNumber > 0).length;
        expect(wallet.held).toEqual([]);
        expect(story.spendableMinor(wallet)).toBe(wallet.mainMinor + wallet.bonusMinor);
        expect(await story.cloud.cases()).toEqual([]);
        expect((await story.cloud.balances())['topup-suspense']).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    expect(Math.min(replaced, loaded), 'or nothing was tried').toBeGreaterThan(20);
  });
});
