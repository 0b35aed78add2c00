/** Where everything of a box lies below its data folder. */
import { join } from 'node:path';

export interface BoxFiles {
  readonly vault: string;
  readonly journal: string;
  readonly plan: string;
  readonly revoked: string;
}

export function boxFiles(dataDir: string): BoxFiles {
  return {
    vault: join(dataDir, 'vault'),
    journal: join(dataDir, 'journal.sqlite'),
    plan: join(dataDir, 'plan.cose'),
    revoked: join(dataDir, 'revoked.json'),
  };
}
