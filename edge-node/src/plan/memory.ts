import type { PlanPlace } from './place.ts';

/** The virtual side of `PlanPlace`: as long as this value is kept, so is the plan. */
export function planMemory(): PlanPlace {
  let lies: Uint8Array | undefined;
  return {
    name: 'the plan in memory',
    read: () => lies?.slice(),
    prepare(signed) {
      const fresh = signed.slice();
      return () => {
        lies = fresh;
      };
    },
  };
}
