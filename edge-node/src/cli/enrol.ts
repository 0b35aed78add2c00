/** Makes this machine a box of an event: keys, then a code from the organizer for a number, the event's keys and the plan. */
import { existsSync } from 'node:fs';
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { EnrolmentAnswer, proveEnrolment, readCode } from '@pulsera/firmware-protocol/wire/enrolment';
import { openBoxJournal } from '../box.ts';
import { boxFiles } from '../box-files.ts';
import type { Config } from '../config.ts';
import { authorityOf, boxName, openCredentials, sha256 } from '../credentials.ts';
import { type Enrolment, loadEnrolment, openEnrolment, saveEnrolment } from '../identity/enrolment.ts';
import { createIdentity, type Identity, loadIdentity } from '../identity/identity.ts';
import { createVault, openVault, type Vault } from '../identity/vault.ts';
import { PlanKeeper } from '../plan/keeper.ts';
import { cloudHttp, readAnswer } from '../sync/cloud-http.ts';
import type { CliPorts } from './ports.ts';

export interface EnrolledBox {
  readonly tenantId: number;
  readonly eventId: number;
  readonly boxId: number;
  readonly serverName: string;
  readonly keySets: readonly number[];
  readonly plan: number;
  readonly wrapping: string;
  readonly dataDir: string;
}

const DEADLINE_MS = 20_000;

/**
 * Cut off in between, it is called again with the same code and goes on: the cloud knows the box by its keys.
 * @throws Fault `enrolment-code-malformed`, `already-enrolled`, and what vault, cloud and plan throw
 */
export async function enrolBox(
  config: Config,
  passphrase: string | null,
  { code: typed, name }: { readonly code: string; readonly name: string },
  ports: CliPorts,
): Promise<EnrolledBox> {
  const code = readCode(typed);
  if (code === undefined) {
    throw new Fault('enrolment-code-malformed', 'Type the code as it was shown: four groups of five.');
  }
  const { vault: folder } = boxFiles(config.dataDir);
  const { vault, identity } = ownKeys(folder, passphrase, ports);
  const answer = await ask(config, identity, code, name, ports);
  const enrolment = await openEnrolment(answer, identity);
  saveEnrolment(vault, enrolment);
  await authorityOf({ vault, enrolment }, ports.crypto);
  const plan = await takePlan(config, passphrase, answer, ports);
  const { tenantId, eventId, boxId, keySets } = enrolment;
  return {
    tenantId,
    eventId,
    boxId,
    serverName: boxName(enrolment),
    keySets: keySets.map(({ number }) => number),
    plan,
    wrapping: vault.wrapping,
    dataDir: config.dataDir,
  };
}

/** What an interrupted enrolment left is taken up again. */
function ownKeys(
  folder: string,
  passphrase: string | null,
  { random }: CliPorts,
): { readonly vault: Vault; readonly identity: Identity } {
  if (!existsSync(`${folder}/vault.json`)) {
    const vault = createVault(folder, passphrase, random);
    return { vault, identity: createIdentity(vault, random) };
  }
  const vault = openVault(folder, passphrase, random);
  const already = enrolmentIn(vault);
  if (already !== undefined) {
    throw new Fault(
      'already-enrolled',
      'Start this box as it is; another box begins with an empty data folder.',
      {
        detail: { event: already.eventId, box: already.boxId },
      },
    );
  }
  return { vault, identity: vault.read('identity') ? loadIdentity(vault) : createIdentity(vault, random) };
}

function enrolmentIn(vault: Vault): Enrolment | undefined {
  try {
    return loadEnrolment(vault);
  } catch (error) {
    if (error instanceof Fault && error.code === 'not-enrolled') return undefined;
    throw error;
  }
}

async function ask(
  { cloud: { url, caFile } }: Config,
  identity: Identity,
  code: string,
  boxName: string,
  { readFile }: CliPorts,
): Promise<EnrolmentAnswer> {
  const http = cloudHttp({ url, ca: caFile === undefined ? undefined : readFile(caFile) });
  const claim = {
    code,
    boxName,
    ed25519PublicKey: toHex(identity.publicKey),
    x25519PublicKey: toHex(identity.sealingKey),
  };
  try {
    const answer = await http.send({
      method: 'POST',
      path: '/v1/enrolments',
      json: proveEnrolment(claim, identity.sign),
      deadlineMs: DEADLINE_MS,
      signal: new AbortController().signal,
    });
    return readAnswer(EnrolmentAnswer, answer);
  } finally {
    await http.close();
  }
}

/** The box can sell from its first start on, cloud or not. @returns the plan's version, 0 for none */
async function takePlan(
  config: Config,
  passphrase: string | null,
  { signedPlan }: EnrolmentAnswer,
  { random, clock }: CliPorts,
): Promise<number> {
  if (signedPlan === null) return 0;
  const credentials = openCredentials(boxFiles(config.dataDir).vault, passphrase, random);
  const journal = openBoxJournal(config, credentials, clock);
  try {
    const plans = new PlanKeeper({
      file: boxFiles(config.dataDir).plan,
      event: credentials.enrolment.eventId,
      verify: credentials.cloudVerify,
      sha256,
      journal,
    });
    await plans.apply(fromHex(signedPlan));
    return plans.version();
  } finally {
    await journal.close();
  }
}
