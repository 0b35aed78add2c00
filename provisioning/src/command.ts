/** A command of provisioning. */
import type { Options, Usage } from './arguments.ts';
import type { Io } from './io.ts';

export interface Command extends Usage {
  /** @returns whether it ended well: exit code 0 or 1. @throws Fault */
  run(invocation: {
    readonly options: Options;
    readonly operands: readonly string[];
    readonly io: Io;
  }): Promise<boolean>;
}
