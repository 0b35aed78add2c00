import { isDeepStrictEqual } from 'node:util';
import type { Check } from '../finding.ts';

export const projectionsEqual: Check = {
  name: 'projections-equal',
  sentence: 'What is projected from a journal equals what is made anew from it',
  after(seen) {
    if (seen.kind !== 'projection') return [];
    const keys = new Set([...Object.keys(seen.live), ...Object.keys(seen.rebuilt)]);
    return [...keys].flatMap(key => {
      const [live, rebuilt] = [seen.live[key], seen.rebuilt[key]];
      if (isDeepStrictEqual(live, rebuilt)) return [];
      const says = `${JSON.stringify(live)}, and made anew ${JSON.stringify(rebuilt)}`;
      return [{ what: `${key} of ${seen.of} is ${says}` }];
    });
  },
};
