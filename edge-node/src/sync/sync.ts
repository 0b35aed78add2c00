import { Fault, faultCode } from '@pulsera/firmware-protocol/fault';
import type { Epoch, PlanVersion, Seq } from '@pulsera/firmware-protocol/ids';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import type { Journal } from '../journal/journal.ts';
import type { Timers } from '../timers.ts';
import { type BackoffLimits, backoffMs } from './backoff.ts';
import { Bell, pause } from './bell.ts';
import type { CloudLink } from './cloud-link.ts';
import { Downlink } from './downlink.ts';
import { Reach } from './reach.ts';
import { BATCH_BOUNDS, type BatchBounds, Uplink } from './uplink.ts';

/**
 * Keeps box and cloud of one mind whenever there is a line between them: the journal goes up, the cloud's journal and the plan
 * come down. Nothing waits for it, and it keeps nothing of its own: every cursor stands in the journal.
 */
export interface SyncLimits {
  readonly bounds: BatchBounds;
  readonly backoff: BackoffLimits;
  /** After an entry, this long is waited for more to go with it. */
  readonly lingerMs: number;
  /** How often the plan is asked for; also how soon a dead line is noticed where nothing is sold. */
  readonly planMs: number;
}
const SYNC_LIMITS: SyncLimits = {
  bounds: BATCH_BOUNDS,
  backoff: { firstMs: 500, mostMs: 15_000 },
  lingerMs: 150,
  planMs: 10_000,
};

export interface SyncLog {
  info(data: object, text: string): void;
  warn(data: object, text: string): void;
}

export interface SyncOptions {
  readonly journal: Journal;
  /** Takes in what the cloud wrote; `Journal.appendCloud` where nothing has to wait for it. */
  readonly obey?: Journal['appendCloud'];
  readonly link: CloudLink;
  /** With the cloud's pinned key. */
  readonly cloudVerify: Verify;
  readonly plan: {
    /** Of the plan in force; 0 when there is none yet. */
    version(): PlanVersion;
    /** Verifies and applies a signed plan. @throws Fault when it is not one, or not newer */
    apply(signed: Uint8Array): Promise<void>;
  };
  readonly log: SyncLog;
  readonly wallMs: () => number;
  readonly timers: Timers;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Cut off, or back again. */
  readonly changed?: () => void;
  readonly limits?: Partial<SyncLimits>;
}

export interface SyncState {
  /** Since when the cloud hasn't answered, epoch milliseconds; null while it does. */
  readonly cutOffSinceMs: number | null;
  /** Entries that the cloud hasn't acknowledged. */
  readonly lagEntries: number;
  readonly epoch: Epoch;
  /** Acknowledged by the cloud, in this epoch. */
  readonly checkpointSeq: Seq;
  readonly cloudSeq: Seq;
  /** Code of each loop's last failure, as long as it hasn't succeeded since. */
  readonly failing: Readonly<Partial<Record<LoopName, string>>>;
}

export interface Sync {
  state(): SyncState;
  cutOffSinceMs(): number | null;
  /** Tries at once, whatever pause there is. */
  nudge(): void;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

type LoopName = 'up' | 'down' | 'plan';

interface Round {
  /** @returns whether there is more to do at once */
  work(): Promise<boolean>;
  /** Until it is worth going on. */
  rest(): Promise<void>;
}

export function startSync(options: SyncOptions): Sync {
  const { journal, log, random, plan, cloudVerify, timers } = options;
  const bell = () => new Bell(timers);
  const limits = { ...SYNC_LIMITS, ...options.limits };
  const stop = new AbortController();
  const { signal } = stop;
  const failing: Partial<Record<LoopName, string>> = {};
  const retries: Record<LoopName, Bell> = { up: bell(), down: bell(), plan: bell() };
  const reach = new Reach(options.wallMs, () => {
    const cutOffSinceMs = reach.cutOffSinceMs;
    log.info({ cutOffSinceMs }, cutOffSinceMs === null ? 'The cloud answers' : 'Cut off from the cloud');
    // One that got through tells the others, which may be in a long pause.
    if (cutOffSinceMs === null) nudge();
    options.changed?.();
  });
  const link = reached(options.link, reach);
  const uplink = new Uplink({
    journal,
    link,
    cloudVerify,
    bounds: limits.bounds,
    opened: (epoch, reason) =>
      log.warn({ epoch, reason }, 'The cloud holds another journal: a new epoch begins'),
  });
  const obey = options.obey ?? journal.appendCloud;
  const downlink = new Downlink({ journal, obey, link, cloudVerify, timers });
  const appended = bell();
  const unsubscribe = journal.onAppended(() => appended.ring());

  function nudge(): void {
    for (const bell of Object.values(retries)) bell.ring();
  }

  async function loop(name: LoopName, { work, rest }: Round): Promise<void> {
    let told: string | undefined;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const isMore = await work();
        // Well again as soon as it has got through: the rest may take half a minute.
        delete failing[name];
        if (!isMore) await rest();
        failures = 0;
        told = undefined;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const code = faultCode(error);
        // Being cut off is told once, above; and no failure fills the log by repeating itself.
        if (code !== told && code !== 'cloud-unreachable')
          log.warn({ loop: name, code, ...described(error) }, 'Sync failed');
        failing[name] = code;
        told = code;
        await retries[name].wait(backoffMs(failures, random(), limits.backoff), signal);
      }
    }
  }

  const up: Round = {
    work: () => uplink.step(signal),
    async rest() {
      await appended.wait(limits.planMs, signal);
      if (uplink.lag() < limits.bounds.entries) await pause(timers, limits.lingerMs, signal);
    },
  };
  const down: Round = {
    async work() {
      await uplink.compare(signal);
      return await downlink.step(signal);
    },
    rest: () => downlink.wait(signal),
  };
  const plans: Round = {
    async work() {
      await uplink.compare(signal);
      const signed = await link.plan(plan.version(), signal);
      if (signed !== undefined) await plan.apply(signed);
      return false;
    },
    rest: () => pause(timers, limits.planMs, signal),
  };

  const loops = [loop('up', up), loop('down', down), loop('plan', plans)];

  return {
    state: () => ({
      cutOffSinceMs: reach.cutOffSinceMs,
      lagEntries: uplink.lag(),
      epoch: journal.epoch,
      checkpointSeq: journal.checkpoint()?.seq ?? (0 as Seq),
      cloudSeq: journal.cloudSeq,
      failing: { ...failing },
    }),
    cutOffSinceMs: () => reach.cutOffSinceMs,
    nudge,
    async close() {
      unsubscribe();
      stop.abort();
      await Promise.all(loops);
    },
  };
}

/** A fault says all in its sentence; anything else is a mistake of ours, and its stack says where. */
function described(error: unknown): object {
  return error instanceof Fault ? { message: error.message, detail: error.detail } : { error };
}

/** The same link, with every answer and every silence noted. */
function reached(link: CloudLink, reach: Reach): CloudLink {
  return {
    sendBatch: (batch, signal) => reach.of(link.sendBatch(batch, signal), signal),
    heldEpochs: signal => reach.of(link.heldEpochs(signal), signal),
    cloudJournal: (after, limit, signal) => reach.of(link.cloudJournal(after, limit, signal), signal),
    awaitHint: (after, signal) => reach.of(link.awaitHint(after, signal), signal),
    askForReversal: (question, signal) => reach.of(link.askForReversal(question, signal), signal),
    plan: (after, signal) => reach.of(link.plan(after, signal), signal),
  };
}
