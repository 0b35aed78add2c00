/** What a bench is handed, and what it must be. */
import type { Figure } from './figure.ts';

export interface Setting {
  /** Whatever a bench starts is put here too, so that Ctrl-C leaves nothing behind. */
  readonly opened: AsyncDisposableStack;
  /** Says what is being done, for whoever waits. */
  readonly progress: (text: string) => void;
  /** How long an outage to play, in entries. */
  readonly entries: number;
}

export interface Bench {
  run(setting: Setting): Promise<readonly Figure[]>;
}
