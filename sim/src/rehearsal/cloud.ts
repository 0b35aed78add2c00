/**
 * The cloud of a rehearsal: the real flows of `cloud-api` over its store in memory, behind the line that each box has to it. What its
 * routes do around a flow (let a box in, note that it was heard, let go what was held back) is done here as they do it. It can crash
 * before or behind a commit, and its database can be away.
 */
import { revokeBox } from '@pulsera/cloud-api/edges/boxes';
import { contactNotes } from '@pulsera/cloud-api/edges/contact';
import { boxRevoked } from '@pulsera/cloud-api/edges/session';
import { registerWristbands } from '@pulsera/cloud-api/events/wristbands';
import { cloudBatch } from '@pulsera/cloud-api/ingest/cloud-batch';
import { HINTS } from '@pulsera/cloud-api/ingest/hints';
import { ingest } from '@pulsera/cloud-api/ingest/ingest';
import { completeJournals } from '@pulsera/cloud-api/ledger/complete';
import { memoryStore } from '@pulsera/cloud-api/ledger/store/memory/store';
import type { Ledger } from '@pulsera/cloud-api/ledger/store/store';
import { releaseHeld } from '@pulsera/cloud-api/replacements/release';
import { replaceWristband } from '@pulsera/cloud-api/replacements/replace';
import { askForReversal } from '@pulsera/cloud-api/reversals/ask';
import { creditOnline } from '@pulsera/cloud-api/topups/credit';
import type { Receipt } from '@pulsera/edge-node/sync/cloud-link';
import { Fault } from '@pulsera/firmware-protocol/fault';
import {
  type BoxId,
  CLOUD_BOX,
  type EventId,
  type Seq,
  type TenantId,
  type WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';
import type { Item } from '../audit/archive.ts';
import { archiveOf } from './archive.ts';
import type { CloudPort, CloudServer } from './cloud-server.ts';
import { type Festival, GATES_OPEN_MS } from './festival.ts';
import type { SigningKey } from './signing-key.ts';
import type { VirtualTime } from './time.ts';

export interface SimCloudOptions {
  readonly festival: Festival;
  readonly time: VirtualTime;
  readonly random: Random;
}

/** Where in a transaction the process dies: nothing is kept, or all is and nobody is told. */
export type CrashPoint = 'before-commit' | 'after-commit';

const TENANT = 1 as TenantId;
const NONE = 0 as Seq;

export class SimCloud implements CloudServer {
  readonly #options: SimCloudOptions;
  readonly #store = memoryStore({
    begin: () => this.#begin(),
    commit: () => this.#commit(),
  });
  readonly #flows;
  readonly #noteContact;
  readonly #boxes = new Map<BoxId, Verify>();
  readonly #waiting = new Set<Waiter>();
  #isDatabaseAway = false;
  /** Until then its process is gone. */
  #upAtMs = 0;
  #dies: { readonly at: CrashPoint; readonly downMs: number } | undefined;
  /** Those that wait will be told at the next beat. */
  #isBeatDue = false;
  /** The transaction that commits next has only looked where the journal ends: that is no news. */
  #isLooking = false;

  constructor(options: SimCloudOptions) {
    this.#options = options;
    const { festival, time, random } = options;
    this.#flows = {
      store: this.#store,
      signer: festival.cloudKey,
      world: {
        nowMs: () => GATES_OPEN_MS + Math.floor(time.nowMs()),
        randomBytes: (length: number) => random.bytes(length),
      },
    };
    this.#noteContact = contactNotes(this.#flows);
    this.#store.addEvent(TENANT, festival.event, [festival.keySet.number]);
  }

  /** A box joins the event. */
  enrol(box: BoxId, { publicKey, verify }: SigningKey): void {
    const enrolledAtMs = this.#flows.world.nowMs();
    const record = { box, name: `box ${box}`, state: 'enrolled', revokedAtMs: null } as const;
    this.#store.addBox(TENANT, this.#event, { ...record, ed25519PublicKey: publicKey, enrolledAtMs });
    this.#boxes.set(box, verify);
  }

  /** The process dies in the next transaction, and is back after so long. */
  crash(at: CrashPoint, downMs: number): void {
    this.#dies = { at, downMs };
  }

  /** PostgreSQL takes no connections, or takes them again. */
  databaseAway(isAway: boolean): void {
    this.#isDatabaseAway = isAway;
  }

  /** Everything about it works again. */
  mend(): void {
    this.#dies = undefined;
    this.#upAtMs = 0;
    this.#isDatabaseAway = false;
  }

  // What people do at its screens: again and again, until it is there.

  register(wristband: Wristband): Promise<unknown> {
    return this.#patiently(() => registerWristbands(this.#flows, TENANT, this.#event, [wristband]));
  }

  /** @param reference of the payment: the same one is credited once. @throws Fault as `creditOnline` */
  payOnline(wallet: WalletId, mainMinor: number, bonusMinor: number, reference: string): Promise<unknown> {
    const credit = { mainMinor, bonusMinor, reference };
    return this.#patiently(() => creditOnline(this.#flows, TENANT, this.#event, wallet, credit));
  }

  /** The help desk has handed over another wristband. @throws Fault as `replaceWristband` */
  replace({ uid, wallet, keySet, ageClass, rootImage }: Wristband): Promise<unknown> {
    const next = { toUid: uid, keySet, ageClass, rootImage };
    return this.#patiently(() => replaceWristband(this.#flows, TENANT, this.#event, wallet, next));
  }

  /** A box is stolen, broken, or found to lie. */
  async revoke(box: BoxId): Promise<void> {
    await this.#patiently(() => revokeBox(this.#flows, TENANT, this.#event, box));
    await this.#patiently(() => releaseHeld(this.#flows, TENANT, this.#event));
  }

  /** Staff say that all journals are in. */
  complete(): Promise<unknown> {
    return this.#patiently(() => completeJournals(this.#flows, TENANT, this.#event));
  }

  /** The event as it stands, as it would be exported. */
  archive(): Promise<readonly Item[]> {
    const { festival } = this.#options;
    return this.#read(ledger => archiveOf(ledger, festival, this.#boxes.keys(), this.#flows.world.nowMs()));
  }

  serve(box: BoxId): CloudPort {
    const { festival } = this.#options;
    const edge = { tenantId: TENANT, eventId: this.#event, boxId: box };
    /** As `edgeAuth` lets a box in, before any route. */
    const call = <T>(work: () => Promise<T>, admitsRevoked = false): Promise<T> =>
      this.#alive(async () => {
        const known = await this.#read(({ boxes }) => boxes.read(box));
        if (known?.state !== 'enrolled' && !admitsRevoked) throw boxRevoked(edge);
        await this.#noteContact(edge);
        return await work();
      });
    return {
      sendBatch: batch => call(() => this.#take(box, batch), true),
      heldEpochs: () =>
        call(async () => {
          const heads = await this.#read(({ journals }) => journals.heads(box));
          return heads.map(({ epoch, seq, checkpoint }) => ({
            epoch,
            seq,
            checkpoint: checkpoint ?? undefined,
          }));
        }),
      cloudJournal: (after, limit) =>
        call(() => this.#read(ledger => cloudBatch(this.#flows, ledger, after, limit))),
      awaitHint: after => call(() => this.#news(after)),
      askForReversal: question => call(() => askForReversal(this.#flows, edge, question)),
      plan: after => call(async () => (after < festival.plan.version ? festival.signedPlan : undefined)),
    };
  }

  async #take(box: BoxId, batch: Uint8Array): Promise<Receipt> {
    const verify = this.#boxes.get(box);
    if (verify === undefined) throw new RangeError(`Box ${box} was never enrolled.`);
    const sender = { tenantId: TENANT, event: this.#event, box, verify };
    const { checkpoint, nextSeq, hasCursor } = await ingest(this.#flows, sender, batch);
    if (hasCursor) await releaseHeld(this.#flows, TENANT, this.#event);
    return { checkpoint, nextSeq };
  }

  /** Tells at a beat, as the real one does, and only when something was written since the last one. */
  async #news(after: Seq): Promise<Seq> {
    const end = await this.end();
    if (end > after) return end;
    return await new Promise((resolve, reject) => {
      const over = () => {
        callOff();
        this.#waiting.delete(waiter);
      };
      const waiter: Waiter = {
        after,
        told(seq) {
          over();
          resolve(seq);
        },
        lost() {
          over();
          reject(unreachable());
        },
      };
      const callOff = this.#options.time.after(HINTS.patienceMs, () => waiter.told(after));
      this.#waiting.add(waiter);
    });
  }

  #beatLater(): void {
    if (this.#isBeatDue || this.#waiting.size === 0) return;
    this.#isBeatDue = true;
    const { time } = this.#options;
    time.after(HINTS.beatMs, () => {
      this.#isBeatDue = false;
      time.beside(this.#beat());
    });
  }

  async #beat(): Promise<void> {
    const end = await this.end().catch(() => undefined);
    if (end === undefined) return this.#beatLater();
    for (const waiter of [...this.#waiting]) if (end > waiter.after) waiter.told(end);
  }

  /** Where its own journal ends. */
  async end(): Promise<Seq> {
    return await this.#read(async ({ journals }) => {
      const [own] = await journals.heads(CLOUD_BOX);
      this.#isLooking = true;
      return own?.seq ?? NONE;
    });
  }

  #read<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    return this.#store.within(TENANT, this.#event, work);
  }

  get #event(): EventId {
    return this.#options.festival.event;
  }

  get #isUp(): boolean {
    return this.#options.time.nowMs() >= this.#upAtMs;
  }

  #begin(): void {
    if (!this.#isUp) throw unreachable();
    if (this.#isDatabaseAway) throw new Fault('database-unavailable', 'Ask again: the database is away.');
  }

  #commit(): void {
    if (this.#isLooking) this.#isLooking = false;
    else this.#beatLater();
    const dies = this.#dies;
    if (dies === undefined) return;
    this.#dies = undefined;
    this.#upAtMs = this.#options.time.nowMs() + dies.downMs;
    for (const waiter of [...this.#waiting]) waiter.lost();
    if (dies.at === 'before-commit') throw unreachable();
  }

  /** Whoever was asking when it died gets no answer, whatever came of it. */
  async #alive<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isUp) throw unreachable();
    const answer = await work();
    if (!this.#isUp) throw unreachable();
    return answer;
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.#alive(work);
      } catch (error) {
        if (!(error instanceof Fault) || !PASSING.has(error.code)) throw error;
        await this.#options.time.sleep(AGAIN_MS);
      }
    }
  }
}

interface Waiter {
  readonly after: Seq;
  told(end: Seq): void;
  lost(): void;
}

/** What is over some time. */
const PASSING: ReadonlySet<string> = new Set(['cloud-unreachable', 'database-unavailable']);
const AGAIN_MS = 2_000;

const unreachable = () =>
  new Fault('cloud-unreachable', 'Mend the line: selling goes on, and the journal is sent later.');
