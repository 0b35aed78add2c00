/** What happens to the cloud: its process dies in the midst of a batch, or its database takes no connections. */
import { between } from '../chance.ts';
import type { CrashPoint } from '../cloud.ts';
import type { Kind } from './strike.ts';

interface CloudRestart {
  readonly at: CrashPoint;
  readonly downMs: number;
}
interface DatabaseAway {
  readonly forMs: number;
}

const DOWN_MS = [500, 60_000] as const;

export const cloudRestart: Kind<CloudRestart> = {
  draw: random => ({
    at: random.chance(0.5) ? 'before-commit' : 'after-commit',
    downMs: between(random, DOWN_MS),
  }),
  play: ({ cloud }, { at, downMs }) => cloud.crash(at, downMs),
};

export const databaseAway: Kind<DatabaseAway> = {
  draw: random => ({ forMs: between(random, DOWN_MS) }),
  play({ cloud }, { forMs }, evening) {
    cloud.databaseAway(true);
    evening.after(forMs, () => cloud.databaseAway(false));
  },
};
