/** Places of entries as PostgreSQL takes and gives them. */
import type { TapRef } from '@pulsera/firmware-protocol/ids';

/** Three arrays for `unnest`: boxes, epochs, numbers. */
export const refColumns = (refs: readonly TapRef[]) => [
  refs.map(({ box }) => box),
  refs.map(({ epoch }) => epoch),
  refs.map(({ seq }) => seq),
];

/** @param epoch a bigint, which comes as text; so does `seq` */
export const asRef = (box: number, epoch: string, seq: string) =>
  ({ box, epoch: Number(epoch), seq: Number(seq) }) as TapRef;
