/**
 * Makes this machine a box of an event: keys of its own, then a code from the organizer for a number, the event's keys and the plan.
 *
 * A run may be cut anywhere and is simply repeated. Each step leaves its result on disk and the next run finds it there:
 *
 *     vault and identity   made once; the next run takes them up
 *     attempt              which code is about to be used, before the cloud is asked
 *     the cloud's answer   asked again with the same code and keys it answers the same, for as long as the code lives
 *     enrolment            from here on the cloud isn't asked any more, and the code is of no more use
 *     authority, plan      made if they aren't there; a missing plan also comes with the first sync
 *
 * What is left is an answer that was lost together with its code: used by this very box, and expired before it could ask again. The cloud
 * then knows this identity and will not give it another number. Nothing was ever signed with it, so with the next code the box makes itself a
 * new one, and tells under which number the old one must be revoked.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault, faultCode } from '@pulsera/firmware-protocol/fault';
import { BoxId, PlanVersion } from '@pulsera/firmware-protocol/ids';
import type { EnrolReport } from '@pulsera/firmware-protocol/wire/box-command';
import {
  codeHash,
  EnrolmentAnswer,
  proveEnrolment,
  readCode,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { openPlan } from '@pulsera/firmware-protocol/wire/plan';
import { openBoxJournal } from '../box.ts';
import { boxFiles } from '../box-files.ts';
import { issueServerCertificate } from '../broker/ca.ts';
import type { Config } from '../config.ts';
import { authorityOf, boxName, type Credentials, openCredentials, sha256 } from '../credentials.ts';
import { readAttempt, saveAttempt } from '../identity/attempt.ts';
import { saveCertificate } from '../identity/certificates.ts';
import { type Enrolment, loadEnrolment, openEnrolment, saveEnrolment } from '../identity/enrolment.ts';
import { createIdentity, type Identity, loadIdentity, verifierOf } from '../identity/identity.ts';
import { createVault, openVault, type Vault } from '../identity/vault.ts';
import { planFile } from '../plan/file.ts';
import { PlanKeeper } from '../plan/keeper.ts';
import { cloudHttp, readAnswer } from '../sync/cloud-http.ts';
import type { CliPorts } from './ports.ts';
import { unreachable } from './reach.ts';
import { caOf } from './settings.ts';

export interface EnrolRequest {
  /** As it was shown or typed. */
  readonly code: string;
  /** For people: `Main bar`. */
  readonly name: string;
  /** Names and addresses by which tills reach the box, beside `box-N` and localhost. */
  readonly hosts?: readonly string[];
  /** Told as each step begins. */
  readonly step?: (step: string) => void;
}

export type EnrolledBox = Omit<EnrolReport, 'configFile'>;

const DEADLINE_MS = 20_000;

/**
 * @throws Fault `enrolment-code-malformed`, `already-enrolled`, `enrolment-code-lost`, `plan-foreign`, the cloud's own, and what vault,
 * journal and plan throw
 */
export async function enrolBox(
  config: Config,
  passphrase: string | null,
  request: EnrolRequest,
  ports: CliPorts,
): Promise<EnrolledBox> {
  const { name, hosts = [], step = () => {} } = request;
  const code = readCode(request.code);
  if (code === undefined) {
    throw new Fault('enrolment-code-malformed', 'Type the code as it was shown: four groups of five.');
  }
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  step('Opening the vault');
  const found = takeUp(config, passphrase, code, ports);
  const asked =
    found.enrolment === undefined
      ? await ask(config, passphrase, code, name, found, { ...ports, step })
      : undefined;
  const credentials = openCredentials(boxFiles(config.dataDir).vault, passphrase, ports.random);
  step('Certificates for the tills');
  const covered = await certifyBroker(credentials, hosts, ports);
  if (asked?.signedPlan != null) {
    step('Storing the plan');
    await takePlan(config, credentials, asked.signedPlan, ports);
  }
  const { tenantId, eventId, boxId, keySets } = credentials.enrolment;
  return {
    tenantId,
    eventId,
    boxId,
    boxName: name,
    dataDir: resolve(config.dataDir),
    wrapping: credentials.vault.wrapping,
    keySets: keySets.map(({ number }) => number),
    plan: heldPlan(config, credentials)?.version ?? PlanVersion.parse(0),
    serverName: boxName(credentials.enrolment),
    hosts: covered,
    resumed: asked === undefined,
    abandonedBox: asked?.abandonedBox ?? null,
  };
}

/** The plan in force. @throws Fault of `openPlan`: what lies there is none */
export function heldPlan(
  { dataDir }: Pick<Config, 'dataDir'>,
  { cloudVerify }: Pick<Credentials, 'cloudVerify'>,
) {
  const signed = planFile(boxFiles(dataDir).plan).read();
  return signed === undefined ? undefined : openPlan(signed, cloudVerify);
}

interface OwnKeys {
  readonly vault: Vault;
  readonly identity: Identity;
}

interface TakenUp extends OwnKeys {
  /** Set once the cloud has answered and its answer is kept. */
  readonly enrolment: Enrolment | undefined;
}

/** What an interrupted run left, or a fresh start. A box of some event stays that box. */
function takeUp(config: Config, passphrase: string | null, code: string, ports: CliPorts): TakenUp {
  const keys = ownKeys(boxFiles(config.dataDir).vault, passphrase, ports);
  const enrolment = enrolmentIn(keys.vault);
  if (enrolment !== undefined && readAttempt(keys.vault)?.codeHash !== toHex(codeHash(code))) {
    throw new Fault(
      'already-enrolled',
      `This folder is box ${enrolment.boxId} of event ${enrolment.eventId}: start it as it is, or give another box an empty folder. The code was not used.`,
      { detail: { event: enrolment.eventId, box: enrolment.boxId } },
    );
  }
  // A first run without a passphrase must not be the last word on it.
  if (passphrase !== null && keys.vault.wrapping === 'unwrapped') keys.vault.wrapWith(passphrase);
  return { ...keys, enrolment };
}

function ownKeys(folder: string, passphrase: string | null, { random }: CliPorts): OwnKeys {
  const vault = existsSync(`${folder}/vault.json`)
    ? openVault(folder, passphrase, random)
    : createVault(folder, passphrase, random);
  const isMade = vault.read('identity') !== undefined;
  return { vault, identity: isMade ? loadIdentity(vault) : createIdentity(vault, random) };
}

function enrolmentIn(vault: Vault): Enrolment | undefined {
  try {
    return loadEnrolment(vault);
  } catch (error) {
    if (faultCode(error) === 'not-enrolled') return undefined;
    throw error;
  }
}

interface Asked {
  readonly signedPlan: Uint8Array | null;
  readonly abandonedBox: BoxId | null;
}

/** From code to enrolment, which is in the vault when this returns. */
async function ask(
  config: Config,
  passphrase: string | null,
  code: string,
  name: string,
  { vault, identity }: OwnKeys,
  ports: CliPorts & { readonly step: (step: string) => void },
): Promise<Asked> {
  const attempt = readAttempt(vault);
  const hash = toHex(codeHash(code));
  saveAttempt(vault, { codeHash: hash });
  ports.step('Asking the cloud');
  try {
    const answer = await post(config, identity, code, name, ports);
    return { signedPlan: await keep(vault, identity, answer), abandonedBox: null };
  } catch (error) {
    if (faultCode(error) === 'enrolment-code-used' && attempt?.codeHash === hash) throw codeLost(error);
    if (!(error instanceof Fault) || error.code !== 'box-key-known') throw error;
    ports.step('Making a new identity: the cloud knows the old one from a run that was cut');
    const fresh = startOver(boxFiles(config.dataDir).vault, passphrase, ports);
    saveAttempt(fresh.vault, { codeHash: hash });
    const answer = await post(config, fresh.identity, code, name, ports);
    const abandoned = BoxId.safeParse(error.detail.boxId);
    return {
      signedPlan: await keep(fresh.vault, fresh.identity, answer),
      abandonedBox: abandoned.data ?? null,
    };
  }
}

/** A vault without an enrolment holds nothing that counts. Renamed first, so that a cut leaves it whole or away. */
function startOver(folder: string, passphrase: string | null, ports: CliPorts): OwnKeys {
  const away = `${folder}.abandoned`;
  rmSync(away, { recursive: true, force: true });
  renameSync(folder, away);
  rmSync(away, { recursive: true });
  return ownKeys(folder, passphrase, ports);
}

async function post(
  { cloud }: Config,
  identity: Identity,
  code: string,
  boxNameForPeople: string,
  ports: CliPorts,
): Promise<EnrolmentAnswer> {
  const http = cloudHttp({ url: cloud.url, ca: caOf(cloud, ports) });
  const claim = {
    code,
    boxName: boxNameForPeople,
    ed25519PublicKey: toHex(identity.publicKey),
    x25519PublicKey: toHex(identity.sealingKey),
  };
  try {
    const answer = await http.send({
      method: 'POST',
      path: '/v1/enrolments',
      json: proveEnrolment(claim, identity.sign),
      deadlineMs: DEADLINE_MS,
      signal: ports.signal ?? new AbortController().signal,
    });
    return readAnswer(EnrolmentAnswer, answer);
  } catch (error) {
    throw unreachable(error, cloud.url);
  } finally {
    await http.close();
  }
}

/** Everything is verified before anything of it is kept. @returns the plan, to be put in force */
async function keep(vault: Vault, identity: Identity, answer: EnrolmentAnswer): Promise<Uint8Array | null> {
  const enrolment = await openEnrolment(answer, identity);
  const signedPlan = answer.signedPlan === null ? null : fromHex(answer.signedPlan);
  if (signedPlan !== null) {
    const { eventId } = openPlan(signedPlan, verifierOf(fromHex(enrolment.cloudPublicKey)));
    if (eventId !== enrolment.eventId) {
      throw new Fault('plan-foreign', 'Give this box the plan of its own event.', {
        detail: { event: enrolment.eventId, found: eventId },
      });
    }
  }
  saveEnrolment(vault, enrolment);
  return signedPlan;
}

/** The box can sell from its first start on, cloud or not. The plan is journaled, as every other will be. */
async function takePlan(
  config: Config,
  credentials: Credentials,
  signed: Uint8Array,
  ports: CliPorts,
): Promise<void> {
  const journal = openBoxJournal(config, credentials, ports);
  try {
    const { enrolment, cloudVerify } = credentials;
    const place = planFile(boxFiles(config.dataDir).plan);
    const plans = new PlanKeeper({ place, event: enrolment.eventId, verify: cloudVerify, sha256, journal });
    await plans.apply(signed);
  } finally {
    await journal.close();
  }
}

/** Adds to what it is good for; takes nothing away. @returns the names and addresses the broker's certificate is good for */
async function certifyBroker(
  credentials: Credentials,
  hosts: readonly string[],
  { crypto }: CliPorts,
): Promise<string[]> {
  const { ca, broker } = await authorityOf(credentials, crypto);
  const name = boxName(credentials.enrolment);
  const held = namesIn(broker.cert).filter(held => held !== name);
  const wanted = [...new Set([...held, ...hosts])];
  if (wanted.length === held.length) return held;
  const certificate = await issueServerCertificate(crypto, ca, name, wanted);
  saveCertificate(credentials.vault, 'broker', certificate);
  return wanted;
}

/** Subject alternative names, as Node lists them: `DNS:box-1, IP Address:127.0.0.1`. */
function namesIn(cert: string): string[] {
  const listed = new X509Certificate(cert).subjectAltName ?? '';
  return listed.split(', ').map(entry => {
    const name = entry.slice(entry.indexOf(':') + 1);
    // In their short form, as people write them.
    return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
  });
}

function codeLost(cause: unknown): Fault {
  return new Fault(
    'enrolment-code-lost',
    'Ask the organizer for a new code and run this again: the code was used by this box in a run that was cut, and has expired since, or by another box.',
    { cause },
  );
}
