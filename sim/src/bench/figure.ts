/** One measured figure beside the floor it is compared with, both taken in the same run on the same machine. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the same machine does with the least that could be done; null where the target is absolute. */
  readonly floor: number | null;
  readonly ratio: number | null;
  /** As text: "≤ 1.10" or "≥ 0.6". */
  readonly target: string;
  readonly holds: boolean;
}

/** What a target is put on: the ratio to the floor, or the value itself. */
export function figure(
  name: string,
  unit: string,
  measured: { readonly value: number; readonly floor?: number },
  target: { readonly atMost: number } | { readonly atLeast: number },
): Figure {
  const { value, floor = null } = measured;
  const ratio = floor === null ? null : value / floor;
  const judged = ratio ?? value;
  const isAtMost = 'atMost' in target;
  const limit = isAtMost ? target.atMost : target.atLeast;
  return {
    name,
    value: shortened(value),
    unit,
    floor: floor === null ? null : shortened(floor),
    ratio: ratio === null ? null : shortened(ratio),
    target: `${isAtMost ? '≤' : '≥'} ${limit}`,
    holds: isAtMost ? judged <= limit : judged >= limit,
  };
}

/** Four digits are more than any measurement here is good for. Judged is what was measured. */
function shortened(value: number): number {
  return Number(value.toPrecision(4));
}
