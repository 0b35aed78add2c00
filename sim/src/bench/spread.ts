/** What many measurements come to. Pure. */

/** The value below which this share of all lies, by nearest rank. @param share 0 < share ≤ 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('nothing was measured');
  return value;
}

export interface Pair {
  readonly value: number;
  readonly floor: number;
}

/** Of rounds in which both were measured, the one whose ratio is in the middle: one disturbed round doesn't move it. */
export function middle(rounds: readonly Pair[]): Pair {
  const sorted = rounds.toSorted((a, b) => a.value / a.floor - b.value / b.floor);
  const pair = sorted[Math.floor(sorted.length / 2)];
  if (pair === undefined) throw new RangeError('no round was measured');
  return pair;
}
