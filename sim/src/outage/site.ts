/** The site: PostgreSQL, the API and two boxes as processes of their own, the cables between them, an event, guests and tills. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCa, issueServerCertificate } from '@pulsera/edge-node/broker/ca';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { type BenchTill, benchCatalogue, benchTills, CAPS } from '../bench/bar.ts';
import { certify } from '../bench/bench-box.ts';
import { type DemoEvent, enrolmentCode, Organizer, reportWristbands, setUpEvent } from '../demo/organizer.ts';
import { encodingKeys } from '../demo/virtual-wristband.ts';
import { world } from '../demo/world.ts';
import { logged, Program } from '../real/program.ts';
import type { Chance } from '../rehearsal/chance.ts';
import { Cables } from './cables.ts';
import { Clerk } from './clerk.ts';
import { Crowd, makeCrowd } from './crowd.ts';
import { Database } from './database.ts';
import { boardOf } from './order.ts';
import type { Death, Part } from './outages.ts';
import { Payments } from './payments.ts';
import { RealBox } from './real-box.ts';
import { type Sent, SentAgain } from './sent-again.ts';
import { Service } from './service.ts';
import type { Tally } from './tally.ts';
import type { Witness } from './witness.ts';

export interface SiteOptions {
  readonly folder: string;
  readonly chance: Chance;
  readonly guests: number;
  readonly tillsPerBox: number;
  readonly witness: Witness;
  readonly tally: Tally;
  /** For the API's process, beside this one's own. */
  readonly apiEnv: Readonly<Record<string, string>>;
  readonly opened: AsyncDisposableStack;
  /** A part did what no part may do. */
  readonly onMisconduct: (what: string) => void;
}

/** A part that can be ended and started again. */
export interface Restartable {
  start(): Promise<unknown>;
  end(death: Death): Promise<void>;
}

export interface Site {
  readonly cables: Cables;
  readonly parts: Readonly<Record<Part, Restartable>>;
  readonly boxes: readonly [RealBox, RealBox];
  readonly organizer: Organizer;
  readonly event: DemoEvent;
  readonly crowd: Crowd;
  readonly clerks: readonly Clerk[];
  readonly payments: Payments;
  readonly sentAgain: { read(): Promise<void>; readonly sent: Sent };
}

const API = fileURLToPath(new URL('../../../cloud-api/src/main.ts', import.meta.url));

/** Whatever is started is ended by `opened`. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { folder, chance, witness, tally, opened, onMisconduct } = options;
  const cables = new Cables();
  opened.defer(() => cables.end('stop'));
  await cables.start();
  const database = await openDatabase(options, cables);
  const { api, sentAgain, organizer, ca, caFile, adminToken } = await openApi(options, cables, database.url);

  const catalogue = benchCatalogue();
  const tills = benchTills(catalogue).slice(0, 2 * options.tillsPerBox);
  const event = await setUpEvent(organizer, catalogue, tills, CAPS, world.nowMs());
  const enrol = async (number: 1 | 2) => {
    const code = await enrolmentCode(organizer, event);
    const box = await RealBox.enrol({ number, folder, cables, caFile, code, witness, onMisconduct });
    opened.defer(() => box.end('kill'));
    return box;
  };
  const boxes = [await enrol(1), await enrol(2)] as const;
  const guests = await makeCrowd(options.guests, encodingKeys(boxes[0].dataDir), chance.of('wristbands'));
  await reportWristbands(
    organizer,
    event,
    guests.map(({ wristband }) => wristband),
  );
  for (const { name: guest, wristband } of guests) {
    witness.tell({ kind: 'arrived', guest, wallet: wristband.wallet, uid: wristband.uid });
  }
  await Promise.all(boxes.map(box => box.start()));

  const crowd = new Crowd(guests, chance.of('crowd'));
  const payments = new Payments({
    url: `https://127.0.0.1:${cables.portOf('payments')}`,
    ca,
    adminToken,
    path: event.path,
    guests,
    witness,
    tally,
    random: chance.of('payments'),
  });
  opened.defer(() => payments.close());
  const clerks = await staff(options, boxes, tills, cables, crowd);
  for (const clerk of clerks) opened.defer(() => clerk.close());
  const parts = { 'box 1': boxes[0], 'box 2': boxes[1], api, postgres: database, proxy: cables };
  return { cables, parts, boxes, organizer, event, crowd, clerks, payments, sentAgain };
}

async function openDatabase({ folder, opened }: SiteOptions, cables: Cables) {
  const database = new Database(join(folder, 'postgres'), toHex(world.random(16)));
  opened.defer(() => database.end('stop'));
  const start = async () => {
    const url = await database.start();
    await cables.lead('database', Number(url.port));
    url.port = String(cables.portOf('database'));
    return url.href;
  };
  /** Where the API finds it, always: the cable stays where it is. */
  const url = await start();
  return { url, start, end: (death: Death) => database.end(death) };
}

async function openApi(
  { folder, opened, apiEnv, onMisconduct }: SiteOptions,
  cables: Cables,
  databaseUrl: string,
) {
  const ca = await createCa(world.crypto, 'outage-cloud');
  const server = await issueServerCertificate(world.crypto, ca, 'outage-cloud', ['127.0.0.1']);
  const tls = join(folder, 'tls');
  mkdirSync(tls, { mode: 0o700 });
  const file = (name: string, text: string) => {
    writeFileSync(join(tls, name), text, { mode: 0o600 });
    return join(tls, name);
  };
  const secret = () => toHex(world.random(32));
  const adminToken = secret();
  const env = {
    ...apiEnv,
    DATABASE_URL: databaseUrl,
    PULSERA_CLOUD_PORT: '0',
    PULSERA_CLOUD_TLS_CERT_FILE: file('cert.pem', server.cert),
    PULSERA_CLOUD_TLS_KEY_FILE: file('key.pem', server.key),
    PULSERA_CLOUD_ADMIN_TOKEN: adminToken,
    PULSERA_CLOUD_MASTER_KEY: secret(),
    PULSERA_CLOUD_SIGNING_KEY: secret(),
  };
  const log = join(folder, 'api.log');
  const api = new Service<{ readonly url: string }>({
    name: 'the API',
    start: () => new Program({ args: [API], env, log, upIn: line => logged(line, 'the cloud is up') }),
    onUp: async ({ url }) => {
      const port = Number(new URL(url).port);
      for (const cable of ['box-1', 'box-2', 'payments'] as const) await cables.lead(cable, port);
    },
    onMisconduct,
  });
  opened.defer(() => api.end('kill'));
  const sentAgain = new SentAgain(ca.cert);
  opened.defer(() => sentAgain.close());
  const read = () => sentAgain.read(api.up?.url);
  const counted: Restartable = {
    start: () => api.start(),
    async end(death) {
      await read();
      await api.end(death);
      sentAgain.next();
    },
  };
  await api.start();
  const url = `https://127.0.0.1:${cables.portOf('payments')}`;
  const organizer = new Organizer({ url, adminToken, ca: ca.cert });
  opened.defer(() => organizer.close());
  return {
    api: counted,
    sentAgain: {
      read,
      get sent() {
        return sentAgain.sent;
      },
    },
    organizer,
    ca: ca.cert,
    caFile: file('ca.pem', ca.cert),
    adminToken,
  };
}

/** Every other till stands at the second box. */
async function staff(
  { chance, witness, tally }: SiteOptions,
  boxes: Site['boxes'],
  tills: readonly BenchTill[],
  cables: Cables,
  crowd: Crowd,
): Promise<readonly Clerk[]> {
  const board = boardOf(benchCatalogue());
  const clerks: Clerk[] = [];
  for (const [i, at] of tills.entries()) {
    const box = boxes[i % 2 === 0 ? 0 : 1];
    const access = await certify(box.dataDir, at.id);
    const port = cables.portOf(`tills-${box.number}`);
    const random = chance.of(`till ${at.id}`);
    clerks.push(new Clerk({ box, boxes, at, board, access, port, crowd, witness, tally, random }));
  }
  return clerks;
}
