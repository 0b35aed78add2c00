import type { TapRef } from '@pulsera/firmware-protocol/ids';
import { refText } from '../../chip-state.ts';
import type { SaleReversals } from '../sale-reversals.ts';
import type { EventTables } from './event-tables.ts';

const distinct = (sales: readonly TapRef[]) => [...new Set(sales.map(refText))];

export function saleReversalsIn({ reversals, rights }: EventTables): SaleReversals {
  return {
    async note(noted) {
      for (const { sale, ref, uid, amountMinor, status } of noted) {
        const key = `${refText(sale)} ${refText(ref)}`;
        const known = reversals.get(key);
        reversals.put(key, known ? { ...known, status } : { sale, ref, uid, amountMinor, status });
      }
    },
    of: async sales => distinct(sales).flatMap(sale => reversals.ofGroup(sale)),
    async moveRights(moves) {
      for (const { sale, seq, holder } of moves)
        rights.insert(`${refText(sale)} ${seq}`, { sale, seq, holder });
    },
    async rights(sales) {
      const moves = distinct(sales).map(sale => [sale, rights.ofGroup(sale)] as const);
      return new Map(
        moves
          .filter(([, rows]) => rows.length > 0)
          .map(([sale, rows]) => [
            sale,
            rows.sort((a, b) => a.seq - b.seq).map(({ seq, holder }) => ({ seq, holder })),
          ]),
      );
    },
  };
}
