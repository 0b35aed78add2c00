/** `edge start` as its user starts it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { logged, Program } from './program.ts';

const PROGRAM = fileURLToPath(new URL('../../../edge-node/src/edge.js', import.meta.url));

/** Where a box that is up listens, on loopback. */
export interface Up {
  readonly mqttPort: number;
  readonly healthPort: number;
}

/** @param config path of its settings. @param env beside this process's own. @param log where all its lines go */
export function startEdge(
  config: string,
  env: Readonly<Record<string, string>> = {},
  log?: string,
): Program<Up> {
  const upIn = (line: string) => logged<Up>(line, 'The box is up');
  const args = [PROGRAM, 'start', '--config', config];
  return new Program({ args, env, upIn, ...(log === undefined ? {} : { log }) });
}

/** A command of the box's, such as `verify`. @throws Error with what it said when it fails */
export async function edgeCommand(name: string, config: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, name, '--config', config]);
  return stdout;
}
