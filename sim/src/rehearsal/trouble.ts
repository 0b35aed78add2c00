/** What befalls machines, cables and chips around one visit, as its setting's rates have it. */
import { drawFault } from '@pulsera/firmware-protocol/virtual/faults';
import { between, type Chance } from './chance.ts';
import type { Setting } from './setting.ts';
import type { Post, Site } from './site.ts';
import type { Manner } from './visit.ts';

/** From the request on: when it strikes, milliseconds. */
const STRIKES_MS = [0, 4_000] as const;
/** Until somebody has mended it. */
const LASTS_MS = [1_000, 30_000] as const;
const REACTION_MS = [200, 2_000] as const;
/** Commits that a tap may take, and one more. */
const COMMITS = 4;

export function drawManner(chance: Chance, { till }: Post, { readerRate }: Setting): Manner {
  const random = chance.of(`${till.id} manners`);
  const isStruck = random.chance(readerRate);
  const fault = drawFault(random);
  return {
    reactionMs: between(random, REACTION_MS),
    patience: random.chance(0.1) ? 0 : 3 + random.below(3),
    resumes: random.chance(0.7),
    fault: isStruck ? fault : undefined,
  };
}

export function strike({ chance, time }: Site, { till, box, wire }: Post, setting: Setting): void {
  // All is drawn whatever comes of it, so that another rate changes nothing else.
  const random = chance.of(`${till.id} trouble`);
  const { powerRate, crashRate, lineRate } = setting;
  const [isDark, isCrash, isLine] = [powerRate, crashRate, lineRate].map(rate => random.chance(rate));
  const [atMs, forMs] = [between(random, STRIKES_MS), between(random, LASTS_MS)];
  const [commits, isOfBox, isSilent] = [random.below(COMMITS + 1), random.chance(0.5), random.chance(0.5)];
  if (isDark) {
    if (commits > 0) box.cutAfter(commits);
    else time.after(atMs, () => box.cut());
    time.after(atMs + forMs, () => {
      box.cut();
      box.start();
    });
  }
  if (isCrash) time.after(atMs, () => till.crash());
  if (isLine) {
    const line = isOfBox ? box.wire : wire;
    time.after(atMs, () => (isSilent ? line.silence() : line.cut()));
    time.after(atMs + forMs, () => line.mend());
  }
}
