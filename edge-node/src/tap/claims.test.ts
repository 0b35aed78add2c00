import type { TapId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Entry } from '@pulsera/firmware-protocol/journal/entry';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tapBody, tapId } from '../../test/journal-sample.ts';
import type { Appended } from '../journal/journal.ts';
import { overCap } from './caps.ts';
import { type Claim, Claims } from './claims.ts';

const limits = { boxOfflineMinor: 1000, terminalMinor: 700 };
const cutOff = { isCutOff: true } as const;

/** A journal as far as caps look at it: sums of what is on disk. */
class Disk {
  readonly written: Claim[] = [];
  #listener: (appended: Appended) => void = () => undefined;
  readonly onAppended = (listener: (appended: Appended) => void) => {
    this.#listener = listener;
    return () => undefined;
  };

  commit(claim: Claim): void {
    this.written.push(claim);
    const entry = { kind: 'tap', body: tapBody(1, { tap: claim.tap }) } as Entry;
    this.#listener({ epoch: 1, lastSeq: 1, entries: [entry] } as unknown as Appended);
  }

  exposure(till: TillId) {
    const sum = (amounts: readonly number[]) => amounts.reduce((a, b) => a + b, 0);
    const through = this.written.filter(claim => claim.via === 'terminal' && claim.till === till);
    return {
      takenMinor: sum(this.written.map(({ takesMinor }) => Math.max(0, takesMinor))),
      movedMinor: sum(through.map(({ takesMinor }) => Math.abs(takesMinor))),
      boxExtendedMinor: 0,
      terminalExtendedMinor: 0,
    };
  }
}

const wish = fc.record({
  till: fc.constantFrom('bar-1', 'bar-2', 'bar-3', 'bar-4') as fc.Arbitrary<TillId>,
  via: fc.constantFrom('box' as const, 'terminal' as const),
  takesMinor: fc.integer({ min: -400, max: 400 }),
  /** How many others decide before this one's entry is on disk, or its write is refused. */
  takes: fc.nat(6),
  isRefused: fc.boolean(),
});

it('however many tills decide before one commit, together they never pass a cap, and none is held back that fits', () => {
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 30 }), wishes => {
      const disk = new Disk();
      const claims = new Claims(disk);
      const underWay: { claim: Claim; end: number; isRefused: boolean; made: Disposable }[] = [];
      for (const [i, { takes, isRefused, ...moves }] of wishes.entries()) {
        for (const one of underWay.filter(({ end }) => end <= i)) {
          underWay.splice(underWay.indexOf(one), 1);
          if (!one.isRefused) disk.commit(one.claim);
          one.made[Symbol.dispose]();
        }
        const claim = { tap: tapId(i + 1) as TapId, ...moves };
        const over = overCap(
          claim.takesMinor,
          { ...cutOff, via: claim.via },
          claims.beside(disk.exposure(claim.till), claim.till),
          limits,
        );
        const all = new Disk();
        all.written.push(...disk.written, ...underWay.map(one => one.claim), claim);
        const { takenMinor, movedMinor } = all.exposure(claim.till);
        const fitsBox = claim.takesMinor <= 0 || takenMinor <= limits.boxOfflineMinor;
        const fitsTill = claim.via === 'box' || movedMinor <= limits.terminalMinor;
        expect(over === undefined).toBe(fitsBox && fitsTill);
        if (over) continue;
        underWay.push({ claim, end: i + takes, isRefused, made: claims.make(claim) });
      }
    }),
  );
});

it('a claim counts once: on disk, and disposed of after that', () => {
  const disk = new Disk();
  const claims = new Claims(disk);
  const till = 'bar-1' as TillId;
  const claim = { tap: tapId(1), till, via: 'terminal', takesMinor: 300 } as const;
  const sums = () => {
    const { takenMinor, movedMinor } = claims.beside(disk.exposure(till), till);
    return [takenMinor, movedMinor];
  };
  const made = claims.make(claim);
  expect(sums()).toEqual([300, 300]);
  disk.commit(claim);
  expect(sums()).toEqual([300, 300]);
  made[Symbol.dispose]();
  expect(sums()).toEqual([300, 300]);
});
