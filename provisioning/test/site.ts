/** A site as a technician has it: a cloud that answers, an event with a plan, a folder for the box, and a terminal to type on. */
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliPorts } from '@pulsera/edge-node/cli/ports';
import { readConfig } from '@pulsera/edge-node/config';
import { eventLoop } from '@pulsera/edge-node/event-loop';
import { newCode } from '../../cloud-api/test/box.ts';
import { ADMIN_TOKEN, type TestCloud, testCloud } from '../../cloud-api/test/cloud.ts';
import { createFestival, type Festival, stockFestival } from '../../cloud-api/test/festival.ts';
import type { Environment } from '../src/arguments.ts';
import { run } from '../src/run.ts';

export { ADMIN_TOKEN };

export interface Typed {
  readonly code: number;
  /** Standard output, line by line. */
  readonly out: string[];
  readonly err: string[];
}

export interface TypeOptions {
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  /** Each line as it is printed. */
  readonly told?: (line: string) => void;
}

export interface Site extends AsyncDisposable {
  readonly cloud: TestCloud;
  readonly festival: Festival;
  /** An empty one, of this test's own. */
  folder(): string;
  code(): Promise<string>;
  /** `npm run provision -- …`, with what it prints. */
  type(args: readonly string[], options?: TypeOptions): Promise<Typed>;
}

export const boxPorts: CliPorts = {
  clock: { wallMs: () => Date.now(), monoMs: () => performance.now() },
  loop: eventLoop,
  random: length => new Uint8Array(randomBytes(length)),
  crypto: webcrypto,
  readFile: path => readFileSync(path, 'utf8'),
};

export const configOf = (dataDir: string, url: string) =>
  readConfig(JSON.stringify({ dataDir, cloud: { url } }), {});

export async function openSite(): Promise<Site> {
  const cloud = await testCloud();
  const festival = await createFestival(cloud);
  await stockFestival(cloud, festival);
  await cloud.call('POST', `${festival.path}/plans`);
  const root = mkdtempSync(join(tmpdir(), 'pulsera-site-'));
  let folders = 0;
  return {
    cloud,
    festival,
    folder: () => join(root, `box-${++folders}`),
    code: () => newCode(cloud, festival),
    async type(args, { env = {}, signal = new AbortController().signal, told = () => {} } = {}) {
      const out: string[] = [];
      const err: string[] = [];
      const code = await run(args, {
        env: { PATH: process.env.PATH, ...env },
        print: line => {
          out.push(...line.split('\n'));
          told(line);
        },
        complain: line => void err.push(...line.split('\n')),
        repaint: undefined,
        monoMs: () => performance.now(),
        random: length => new Uint8Array(randomBytes(length)),
        readFile: path => readFileSync(path, 'utf8'),
        signal,
      });
      return { code, out, err };
    },
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
