/** A whole box as `edge start` assembles it, with readers of ours. */
import { readFileSync } from 'node:fs';
import { type Box, startBox } from '@pulsera/edge-node/box';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { readConfig } from '@pulsera/edge-node/config';
import {
  authorityOf,
  issueTerminal,
  openCredentials,
  type TerminalAccess,
} from '@pulsera/edge-node/credentials';
import type { CloudLink } from '@pulsera/edge-node/sync/cloud-link';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import { silentLog, world } from '../demo/world.ts';

export interface BoxPlace {
  readonly dataDir: string;
  /** Left out: the box is cut off from the start. */
  readonly cloud?: { readonly url: string; readonly caFile?: string | undefined } | undefined;
}

/** What `npm run edge` tells Node, and what a box's program begins with, so that a box is measured as it runs. */
export function edgeFlags(): string[] {
  const file = new URL('../../../package.json', import.meta.url);
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: { edge: string } };
  const begins = new URL('../../../edge-node/src/memory.js', import.meta.url);
  return [...scripts.edge.split(' ').filter(word => word.startsWith('--')), `--import=${begins}`];
}

/** An enrolled folder comes to life. */
export function startBenchBox(
  { dataDir, cloud }: BoxPlace,
  readers: ReadonlyMap<TillId, Reader>,
): Promise<Box> {
  return startBox(boxConfig({ dataDir, cloud }, [...readers.keys()]), null, {
    ...world,
    log: silentLog,
    virtualReaders: readers,
    ...(cloud === undefined ? { link: NO_CLOUD } : {}),
  });
}

/** Beside the running box, as `edge till` does it: a box that sells never loads what certificates are made with. */
export async function certify(dataDir: string, till: TillId): Promise<TerminalAccess> {
  const credentials = openCredentials(boxFiles(dataDir).vault, null, world.random);
  const { ca } = await authorityOf(credentials, world.crypto);
  return issueTerminal(ca, credentials.enrolment, till, world.crypto);
}

export function boxConfig({ dataDir, cloud }: BoxPlace, tills: readonly TillId[]) {
  const settings = {
    dataDir,
    cloud: cloud ?? { url: 'https://cloud.invalid' },
    mqtt: { host: '127.0.0.1', port: 0 },
    healthPort: 0,
    readers: tills.map(till => ({ kind: 'virtual', name: till, till })),
    logLevel: 'silent',
  };
  return readConfig(JSON.stringify(settings), {});
}

const NO_CLOUD: CloudLink = {
  sendBatch: silence,
  heldEpochs: silence,
  cloudJournal: silence,
  awaitHint: silence,
  askForReversal: silence,
  plan: silence,
};
async function silence(): Promise<never> {
  throw new Fault('cloud-unreachable', 'This bench has no cloud.');
}
