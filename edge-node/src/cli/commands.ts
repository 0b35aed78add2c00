/** The box's commands by their names. `main.ts` runs one of them through `run.ts`. */
import { certify, revoke, terminals } from './certify-commands.ts';
import { doctor } from './doctor-command.ts';
import { encode } from './encode-command.ts';
import { enrol } from './enrol-command.ts';
import type { Command } from './io.ts';
import { rebuild, verify } from './journal-commands.ts';
import { start } from './start.ts';
import { wrap } from './wrap.ts';

export const COMMANDS: Readonly<Record<string, Command>> = {
  enrol,
  start,
  doctor,
  certify,
  terminals,
  revoke,
  wrap,
  verify,
  rebuild,
  encode,
};
