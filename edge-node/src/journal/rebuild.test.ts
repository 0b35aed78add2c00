import type { Epoch, Generation, Seq, TillId } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  BOX,
  image,
  SampleCloud,
  sampleOptions,
  scratch,
  settlementDraft,
  tapDraft,
  uidOf,
  walletOf,
} from '../../test/journal-sample.ts';
import { openReader } from './database.ts';
import { type Journal, openJournal } from './journal.ts';
import { PROJECTED_TABLES } from './projection/projections.ts';

const small = fc.integer({ min: 1, max: 4 });
const OUTCOME = fc.constantFrom('posted', 'dropped', 'abandoned');

/** What may happen at a bar, in any order; what the journal refuses is part of it. */
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('tap'),
      n: fc.nat(20),
      chip: small,
      till: small,
      counter: fc.nat(300),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle'), pick: fc.nat(), outcome: OUTCOME }) },
  fc.record({ do: fc.constant('pay'), till: small }),
  fc.record({ do: fc.constant('cloud-settle'), pick: fc.nat(), outcome: OUTCOME }),
  fc.record({ do: fc.constant('credit'), chip: small, amount: fc.nat(1000) }),
  fc.record({ do: fc.constant('block'), chip: small }),
  fc.record({ do: fc.constant('issue'), chip: small, wallet: small }),
  fc.record({ do: fc.constant('epoch') }),
  fc.record({ do: fc.constant('rebuild') }),
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

interface Done {
  readonly n: number;
  readonly seq: Seq;
  readonly epoch: Epoch;
}

class Bar {
  readonly #journal: Journal;
  readonly #cloud = new SampleCloud();
  readonly #taps: Done[] = [];
  readonly #credits = new Map<number, number>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  async play(happening: Event): Promise<void> {
    const generation = 1 as Generation;
    switch (happening.do) {
      case 'tap': {
        const { n, chip, counter } = happening;
        const till = `bar-${happening.till}` as TillId;
        const held = postings([accounts.cash(till), n], [accounts.topupSuspense, -n]);
        const chipBody = {
          uid: uidOf(chip),
          wallet: walletOf(chip),
          slot0: image(counter),
          after: image(counter + 1, n),
        };
        const [entry] = await this.#journal
          .append([tapDraft(n, { ...chipBody, till, held })])
          .catch(() => []);
        if (entry) this.#taps.push({ n, seq: entry.seq, epoch: this.#journal.epoch });
        return;
      }
      case 'settle': {
        const settlement = this.#settlement(happening.pick, happening.outcome);
        if (settlement) await this.#journal.append([settlement]).catch(() => []);
        return;
      }
      case 'pay': {
        const till = `bar-${happening.till}` as TillId;
        const of = { box: BOX, epoch: this.#journal.epoch, seq: 1 as Seq };
        const paid = postings([accounts.cash(till), -5], [accounts.cashoutPayable, 5]);
        await this.#journal.append([
          { kind: 'drawer-paid', body: { of, tap: tap0, till, operator: null, postings: paid } },
        ]);
        return;
      }
      case 'cloud-settle': {
        const settlement = this.#settlement(happening.pick, happening.outcome);
        return settlement && this.#fromCloud(settlement);
      }
      case 'credit': {
        const number = (this.#credits.get(happening.chip) ?? 0) + 1;
        this.#credits.set(happening.chip, number);
        const list = { wallet: walletOf(happening.chip), generation, number };
        const amounts = { mainMinor: happening.amount, bonusMinor: 1, postings: postings() };
        return this.#fromCloud({
          kind: 'credited',
          body: { ...list, ...amounts, source: 'online', reference: '' },
        });
      }
      case 'block': {
        const band = { uid: uidOf(happening.chip), wallet: walletOf(happening.chip), generation };
        return this.#fromCloud({ kind: 'blocked', body: { ...band, reason: 'lost' } });
      }
      case 'issue': {
        const band = { uid: uidOf(happening.chip), wallet: walletOf(happening.wallet), generation };
        const made = { ageClass: 0, keySet: 1 as never, root: image(0, happening.wallet) };
        return this.#fromCloud({ kind: 'issued', body: { ...band, ...made } });
      }
      case 'epoch':
        return this.#journal.openEpoch((this.#journal.epoch + 1) as Epoch);
      default:
        return this.#journal.rebuild();
    }
  }

  #settlement(pick: number, outcome: 'posted' | 'dropped' | 'abandoned'): Draft | undefined {
    const tap = this.#taps[pick % Math.max(1, this.#taps.length)];
    if (tap === undefined) return undefined;
    const draft = settlementDraft(tap.n, tap.seq, outcome, tap.epoch);
    const chip = this.#journal.views.tapAt({ box: BOX, epoch: tap.epoch, seq: tap.seq })?.entry.body.uid;
    return draft.kind === 'settlement' && chip ? { ...draft, body: { ...draft.body, uid: chip } } : undefined;
  }

  async #fromCloud(draft: Draft): Promise<void> {
    await this.#journal.appendCloud(this.#cloud.write(draft).batch(this.#journal.cloudSeq));
  }
}

const tap0 = '00000000-0000-4000-8000-000000000000' as never;

/** Every row of every projection, as text that shows types and bytes. */
function projected(file: string): Record<string, unknown[]> {
  const db = openReader(file);
  const dump = (table: string) => {
    const columns = db.pragma(`table_info(${table})`) as { name: string }[];
    const quoted = columns.map(({ name }) => `quote(${name})`).join(` || ',' || `);
    return db.prepare(`SELECT ${quoted} FROM ${table} ORDER BY 1`).pluck().all();
  };
  const tables = Object.fromEntries(PROJECTED_TABLES.map(table => [table, dump(table)]));
  db.close();
  return tables;
}

it('projections equal their rebuild, whatever happened', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 60 }), async events => {
      const place = scratch();
      const options = { ...sampleOptions(place.dir), limits: { walFrames: 64, sparePages: 8 } };
      const journal = openJournal(options);
      try {
        const bar = new Bar(journal);
        for (const happening of events) await bar.play(happening);
        const live = projected(options.file);
        const pending = journal.views.pendingCount();
        journal.rebuild();
        expect(projected(options.file)).toEqual(live);
        expect(journal.views.pendingCount()).toBe(pending);
        for (const till of ['bar-1', 'bar-2', 'bar-3', 'bar-4'] as TillId[]) {
          const sum = [...journal.views.tillTotals(till).values()].reduce((a, b) => a + b, 0);
          expect(sum).toBe(0);
        }
      } finally {
        await journal.close();
        place.remove();
      }
    }),
    { numRuns: 60 },
  );
});

it('rebuilds more entries than it holds in memory at a time', async () => {
  const place = scratch();
  const options = sampleOptions(place.dir);
  const journal = openJournal(options);
  for (let n = 0; n < 2500; n += 500) {
    const drafts = Array.from({ length: 500 }, (_, i) => tapDraft(n + i));
    await journal.append(drafts);
  }
  const live = projected(options.file);
  journal.rebuild();
  expect(projected(options.file)).toEqual(live);
  expect(live.tap).toHaveLength(2500);
  await journal.close();
  place.remove();
});

it('leaves out what the cloud settled before the tap stood here, as it was left out then', async () => {
  const place = scratch();
  const options = sampleOptions(place.dir);
  const journal = openJournal(options);
  // A disk that was restored: the cloud settles the tap it lost, and then the till asks for that tap again.
  await journal.appendCloud(new SampleCloud().write(settlementDraft(1, 2 as Seq)).batch());
  const [tap] = await journal.append([tapDraft(1)]);
  expect(tap?.seq).toBe(2);
  const live = projected(options.file);
  journal.rebuild();
  expect(projected(options.file)).toEqual(live);
  expect(journal.views.pendingCount()).toBe(1);
  await journal.close();
  place.remove();
});
