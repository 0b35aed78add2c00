import type { OperatorId, Seq, StandId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Effect } from '@pulsera/firmware-protocol/journal/effect';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { image, sampleOptions, scratch, settlementDraft, tapDraft } from '../../../test/journal-sample.ts';
import { openReader } from '../database.ts';
import { openJournal } from '../journal.ts';
import { Exposures } from './exposure.ts';

const TILLS = ['bar-1', 'bar-2'] as TillId[];
const stand = 'bar' as StandId;
const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.integer({ min: -50, max: 500 }).map(totalMinor => ({
    kind: 'purchase' as const,
    stand,
    lines: [],
    totalMinor,
    bonusMinor: 0,
    approvedBy: null,
  })),
  fc.nat(500).map(amountMinor => ({ kind: 'cash-out' as const, amountMinor })),
  fc.nat(500).map(amountMinor => ({ kind: 'cash-topup' as const, amountMinor, tender: 'cash' as const })),
);
const happening = fc.record({
  effect,
  till: fc.constantFrom(...TILLS),
  via: fc.constantFrom('box' as const, 'terminal' as const),
  ends: fc.constantFrom('posted' as const, 'dropped' as const, 'pending' as const),
  extends: fc.option(fc.constantFrom('box-offline' as const, 'terminal' as const)),
});

it('sums are those of the rows beyond the checkpoint, asked for at any moment and in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 12 }),
      fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }),
      async (taps, acks) => {
        const place = scratch();
        const options = sampleOptions(place.dir);
        const journal = openJournal(options);
        const db = openReader(options.file);
        const live = new Exposures(db);
        const plain = { takenMinor: 0, movedMinor: 0, boxExtendedMinor: 0, terminalExtendedMinor: 0 };
        const rows: (typeof plain & { at: number })[] = [];
        const check = (acknowledged: number) => {
          const beyond = rows.filter(({ at }) => at > acknowledged);
          const sum = (of: keyof typeof plain) => beyond.reduce((total, row) => total + row[of], 0);
          expect(live.of(acknowledged, 'bar-1' as TillId)).toEqual({
            takenMinor: Math.max(0, sum('takenMinor')),
            movedMinor: Math.max(0, sum('movedMinor')),
            boxExtendedMinor: sum('boxExtendedMinor'),
            terminalExtendedMinor: sum('terminalExtendedMinor'),
          });
        };
        try {
          for (const [i, { effect: one, till, via, ends, extends: cap }] of taps.entries()) {
            const n = i + 1;
            const body = { effects: [one], till, via, posted: postings(), after: image(1, n) };
            const [tap] = await journal.append([tapDraft(n, body)]);
            const at = tap?.seq ?? (0 as Seq);
            const netMinor =
              one.kind === 'purchase'
                ? one.totalMinor
                : one.kind === 'cash-out'
                  ? one.amountMinor
                  : one.kind === 'cash-topup'
                    ? -one.amountMinor
                    : 0;
            const moved = {
              ...plain,
              takenMinor: Math.max(0, netMinor),
              movedMinor: via === 'terminal' && till === 'bar-1' ? Math.abs(netMinor) : 0,
            };
            rows.push({ ...moved, at });
            if (ends !== 'pending') await journal.append([settlementDraft(n, at, ends)]);
            if (ends === 'dropped')
              rows.push({
                ...plain,
                takenMinor: -moved.takenMinor,
                movedMinor: -moved.movedMinor,
                at: journal.lastSeq,
              });
            if (cap) {
              await journal.append([
                { kind: 'cap-extended', body: { cap, byMinor: 70, approvedBy: 'bo' as OperatorId } },
              ]);
              rows.push({
                ...plain,
                [cap === 'terminal' ? 'terminalExtendedMinor' : 'boxExtendedMinor']: 70,
                at: journal.lastSeq,
              });
            }
            check(acks[i % 3] ?? 0);
          }
          for (const acknowledged of [...acks, ...acks.toSorted((a, b) => a - b), 1000]) check(acknowledged);
          expect(journal.views.exposure()).toMatchObject({ movedMinor: 0 });
        } finally {
          db.close();
          await journal.close();
          place.remove();
        }
      },
    ),
    { numRuns: 25 },
  );
});
