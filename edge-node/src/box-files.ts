/** Where everything of a box lies below its data folder. */
import { join } from 'node:path';

export interface BoxFiles {
  readonly vault: string;
  readonly journal: string;
  readonly plan: string;
  readonly revoked: string;
  /** Which terminals were given certificates. */
  readonly terminals: string;
  /** The settings that enrolment leaves here. */
  readonly config: string;
}

export function boxFiles(dataDir: string): BoxFiles {
  return {
    vault: join(dataDir, 'vault'),
    journal: join(dataDir, 'journal.sqlite'),
    plan: join(dataDir, 'plan.cose'),
    revoked: join(dataDir, 'revoked.json'),
    terminals: join(dataDir, 'terminals.json'),
    config: join(dataDir, 'edge.json'),
  };
}
