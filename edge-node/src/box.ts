/**
 * One box, put together: journal, plan, desk, broker, readers, sync. Everything it touches is handed in, so that the
 * simulator and the demo run whole boxes in one process, with virtual readers and their own time and chance.
 */
import type { webcrypto } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import type { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { boxFiles } from './box-files.ts';
import { wireReaders } from './box-readers.ts';
import { connectDesk, publishState } from './box-tills.ts';
import { startBroker } from './broker/broker.ts';
import type { Revocation } from './broker/revocation.ts';
import type { Config } from './config.ts';
import {
  authorityOf,
  boxName,
  type Credentials,
  issueTerminal,
  openCredentials,
  sha256,
  type TerminalAccess,
} from './credentials.ts';
import { ReaderRegistry } from './device/reader-registry.ts';
import { type BoxHealth, judge, serveHealth } from './health.ts';
import { openKeySets, saveEnrolment } from './identity/enrolment.ts';
import type { Random } from './identity/vault.ts';
import { filePlace } from './journal/file-place.ts';
import { type Clock, type Journal, openJournal } from './journal/journal.ts';
import { type BoxMetrics, boxMetrics } from './metrics.ts';
import { planFile } from './plan/file.ts';
import { PlanKeeper } from './plan/keeper.ts';
import { addRevocation, readRevocations, watchRevocations } from './revocations.ts';
import { createTillDesk } from './stand/desk.ts';
import { faultRecord } from './stand/fault-record.ts';
import { type CloudHttp, cloudHttp } from './sync/cloud-http.ts';
import type { CloudLink } from './sync/cloud-link.ts';
import { type HttpsLink, httpsLink } from './sync/https-link.ts';
import { askForRight } from './sync/right.ts';
import { type Sync, type SyncLimits, startSync } from './sync/sync.ts';
import { ChipKeys, keySetFrom } from './tap/keys.ts';
import { nonces } from './tap/nonces.ts';
import type { EventLoop } from './timers.ts';

export interface BoxLog {
  info(data: object, text: string): void;
  warn(data: object, text: string): void;
  error(data: object, text: string): void;
}

export interface BoxPorts {
  readonly clock: Clock;
  /** Cryptographic: keys and nonces come from it. */
  readonly random: Random;
  readonly crypto: webcrypto.Crypto;
  readonly loop: EventLoop;
  readonly log: BoxLog;
  readonly readFile: (path: string) => string;
  /** For readers that the configuration calls virtual: whoever starts the box holds them. */
  readonly virtualReaders?: ReadonlyMap<TillId, Reader>;
  /** Instead of HTTPS to the configured cloud. */
  readonly link?: CloudLink;
  readonly syncLimits?: Partial<SyncLimits>;
  /** Node's own figures beside the box's: where there is one box in this process. */
  readonly processMetrics?: boolean;
}

export interface Box {
  readonly mqttPort: number;
  readonly healthPort: number;
  /** The TLS server name of its broker. */
  readonly serverName: string;
  readonly journal: Journal;
  readonly sync: Sync;
  readonly readers: ReaderRegistry;
  health(): BoxHealth;
  issueTerminal(till: string): Promise<TerminalAccess>;
  /** Shuts out at once, and for good. */
  revoke(revocation: Revocation): void;
  /** Ends taps under way, commits, and lets go of ports, files and processes. */
  close(): Promise<void>;
}

/**
 * @throws Fault what its parts throw: of the vault, the journal, the plan, the broker, `health-port-taken`,
 * `virtual-reader-refused`
 */
export async function startBox(config: Config, passphrase: string | null, ports: BoxPorts): Promise<Box> {
  const closing: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    return await assemble(config, passphrase, ports, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function assemble(
  config: Config,
  passphrase: string | null,
  ports: BoxPorts,
  closing: (() => unknown)[],
  close: () => Promise<void>,
): Promise<Box> {
  const { clock, loop: timers, log, random, crypto } = ports;
  const startedMs = clock.monoMs();
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const files = boxFiles(config.dataDir);
  const credentials = openCredentials(files.vault, passphrase, random);
  const { vault, identity, cloudVerify } = credentials;
  let { enrolment } = credentials;
  const authority = await authorityOf(credentials, crypto);

  const journal = openBoxJournal(config, credentials, ports);
  closing.push(() => journal.close());
  const plans = new PlanKeeper({
    place: planFile(files.plan),
    event: enrolment.eventId,
    verify: cloudVerify,
    sha256,
    journal,
  });
  let keys = new ChipKeys(enrolment.eventId, enrolment.keySets.map(keySetFrom));

  let clockBehindMs: number | null = null;
  const cloud = ports.link === undefined ? openCloud() : undefined;
  if (cloud !== undefined) closing.push(() => cloud.http.close());
  const link = ports.link ?? cloud?.link;
  if (link === undefined) throw new RangeError('a box needs a link to its cloud');

  const revoked = readRevocations(files.revoked);
  const metrics = boxMetrics(health, { process: ports.processMetrics ?? false });
  const broker = await startBroker({
    ...config.mqtt,
    caCert: authority.ca.cert,
    server: authority.broker,
    revoked,
    log,
    refused: refusal => metrics.refused(refusal),
  });
  closing.push(() => broker.close());
  closing.push(
    watchRevocations(
      files.revoked,
      revoked,
      revocation => broker.revoke(revocation),
      error => log.error({ error }, 'The revocation list can not be read; the last one holds'),
    ),
  );

  const readers = new ReaderRegistry({
    publishState: (till, state) => broker.publish(till, 'reader/state', bytes(state), { retain: true }),
    sendScript: (till, script: ReaderScript) => broker.publish(till, 'reader/script', bytes(script)),
    timers,
    boot: journal.boot,
  });
  closing.push(() => readers.close());
  const pcsc = wireReaders(config, ports, readers);
  if (pcsc !== undefined) closing.push(() => pcsc.close());

  const recordFault = faultRecord(journal, () => clock.monoMs());
  const desk = createTillDesk({
    journal,
    plans,
    readerOf: till => readers.readerOf(till),
    keys: () => keys,
    timers,
    nonce: nonces(random),
    sha256,
    cutOffSinceMs: () => sync.cutOffSinceMs(),
    askForRight: (question, signal) => askForRight({ journal, link, timers }, question, signal),
    send: (till, leaf, json) => {
      if (leaf === 'result') countAnswer(metrics, json);
      broker.publish(till, leaf, Buffer.from(json));
    },
    report: (fault, till, leaf) => {
      log.warn({ code: fault.code, detail: fault.detail, till, leaf }, fault.message);
      void recordFault(fault, till);
    },
  });
  const requests = connectDesk(broker, desk, readers, log);
  closing.push(() => requests.end());

  const sync = startSync({
    journal,
    obey: batch => desk.obey(batch),
    link,
    cloudVerify,
    plan: {
      version: () => plans.version(),
      apply: async signed => {
        const result = await plans.apply(signed);
        log.info({ plan: plans.version(), result }, 'Plan');
        await fetchMissingKeys();
      },
    },
    log,
    wallMs: () => clock.wallMs(),
    timers,
    random: () => new DataView(random(4).slice().buffer).getUint32(0) / 2 ** 32,
    changed: () => state.publish(),
    ...(ports.syncLimits === undefined ? {} : { limits: ports.syncLimits }),
  });
  closing.push(() => sync.close());

  const state = publishState(broker, desk);
  closing.push(() => state.end());
  closing.push(plans.onApplied(() => state.publish()));
  const healthServer = await serveHealth(config.healthPort, health, metrics.registry);
  closing.push(() => healthServer.close());
  pcsc?.start();

  /** A key set that the plan honours and this box doesn't hold was made after it enrolled. */
  async function fetchMissingKeys(): Promise<void> {
    const honoured = plans.current()?.plan.keySets ?? [];
    const held = new Set(enrolment.keySets.map(({ number }) => number));
    if (cloud === undefined || honoured.every(number => held.has(number))) return;
    const sealed = await cloud.link.keySets(AbortSignal.timeout(KEY_SETS_MS));
    enrolment = { ...enrolment, keySets: await openKeySets(sealed, enrolment, identity) };
    saveEnrolment(vault, enrolment);
    keys = new ChipKeys(enrolment.eventId, enrolment.keySets.map(keySetFrom));
    log.info({ keySets: enrolment.keySets.length }, 'Key sets fetched');
  }

  function openCloud(): { readonly http: CloudHttp; readonly link: HttpsLink } {
    const { url, caFile } = config.cloud;
    const http = cloudHttp({ url, ca: caFile === undefined ? undefined : ports.readFile(caFile) });
    const { tenantId, eventId, boxId } = enrolment;
    const https = httpsLink({
      http,
      box: { tenantId, eventId, boxId },
      sign: identity.sign,
      monoMs: () => clock.monoMs(),
      cloudTime: wallMs => {
        clockBehindMs = wallMs - clock.wallMs();
      },
    });
    return { http, link: https };
  }

  function health(): BoxHealth {
    const syncState = sync.state();
    const { online, sessions, waiting } = broker.counts();
    return judge({
      box: enrolment.boxId,
      event: enrolment.eventId,
      uptimeS: Math.round((clock.monoMs() - startedMs) / 1000),
      plan: plans.version(),
      journal: {
        epoch: journal.epoch,
        seq: journal.lastSeq,
        pendingTaps: journal.views.pendingCount(),
        hasRoom: journal.hasRoomFor(2),
      },
      sync: syncState,
      cutOffMs: syncState.cutOffSinceMs === null ? 0 : Math.max(1, clock.wallMs() - syncState.cutOffSinceMs),
      clockBehindMs,
      keys: vault.wrapping,
      mqttPort: broker.port,
      terminals: { online, sessions, waiting },
      readers: readers.all().map(({ till, state: told }) => ({ till, ...told })),
      pcsc: pcsc?.state() ?? null,
    });
  }

  return {
    mqttPort: broker.port,
    healthPort: healthServer.port,
    serverName: boxName(enrolment),
    journal,
    sync,
    readers,
    health,
    issueTerminal: till => issueTerminal(authority.ca, enrolment, till, crypto),
    revoke: revocation => {
      addRevocation(files.revoked, revocation);
      broker.revoke(revocation);
    },
    close,
  };
}

const KEY_SETS_MS = 15_000;
const PAGES_PER_MEGABYTE = 256;

/** The journal of this box, as `start`, `rebuild` and `enrol` open it. @throws Fault of `openJournal` */
export function openBoxJournal(
  { dataDir, journalMaxMegabytes }: Pick<Config, 'dataDir' | 'journalMaxMegabytes'>,
  { identity, enrolment }: Pick<Credentials, 'identity' | 'enrolment'>,
  { clock, loop }: Pick<BoxPorts, 'clock' | 'loop'>,
): Journal {
  return openJournal({
    place: filePlace(boxFiles(dataDir).journal),
    event: enrolment.eventId,
    box: enrolment.boxId,
    epoch: enrolment.epoch,
    sign: identity.sign,
    verify: identity.verify,
    sha256,
    clock,
    soon: loop.soon,
    ...(journalMaxMegabytes === undefined
      ? {}
      : { limits: { maxPages: journalMaxMegabytes * PAGES_PER_MEGABYTE } }),
  });
}

function countAnswer(metrics: BoxMetrics, json: string): void {
  const { outcome, reason, code, tapId } = JSON.parse(json) as Record<string, string | undefined>;
  metrics.answered(tapId === undefined ? 'request' : 'tap', outcome ?? '', reason ?? code ?? '');
}

function bytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
