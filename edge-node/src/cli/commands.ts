/**
 * The box's commands by their names. `main.ts` runs one of them through `run.ts`. Each is loaded when it is asked for: a box that sells
 * for months doesn't keep in memory what only doctor or enrolment needs.
 */
import type { Command } from './io.ts';

export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  enrol: async () => (await import('./enrol-command.ts')).enrol,
  start: async () => (await import('./start.ts')).start,
  doctor: async () => (await import('./doctor-command.ts')).doctor,
  certify: async () => (await import('./certify-commands.ts')).certify,
  terminals: async () => (await import('./certify-commands.ts')).terminals,
  revoke: async () => (await import('./certify-commands.ts')).revoke,
  wrap: async () => (await import('./wrap.ts')).wrap,
  verify: async () => (await import('./journal-commands.ts')).verify,
  rebuild: async () => (await import('./journal-commands.ts')).rebuild,
  encode: async () => (await import('./encode-command.ts')).encode,
};
