import { Fault, faultCode } from '@pulsera/firmware-protocol/fault';
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { type Head, openHead } from '@pulsera/firmware-protocol/journal/head';
import { encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { Journal } from '../journal/journal.ts';
import type { CloudLink, Receipt } from './cloud-link.ts';

/**
 * Brings the journal to the cloud, batch by batch, each entry until a checkpoint says that it is held. The journal itself is the
 * queue: all that is remembered here is where to go on, and after a start that is the last checkpoint.
 */
export type UplinkJournal = Pick<
  Journal,
  | 'event'
  | 'box'
  | 'epoch'
  | 'epochs'
  | 'entriesAfter'
  | 'headAt'
  | 'checkpoint'
  | 'acceptCheckpoint'
  | 'openEpoch'
>;

export interface BatchBounds {
  readonly entries: number;
  readonly bytes: number;
}
/** Of one batch: what is in memory at a time, and what is sent again after a cut. */
export const BATCH_BOUNDS: BatchBounds = { entries: 500, bytes: 256 * 1024 };
/** After an outage, each batch that gets through lets the next be twice as large, up to so many times the bounds: a long line then
 * costs a round trip for two thousand entries, not for five hundred. */
const CATCH_UP = 4;

export interface UplinkOptions {
  readonly journal: UplinkJournal;
  readonly link: Pick<CloudLink, 'sendBatch' | 'heldEpochs'>;
  /** With the cloud's pinned key. */
  readonly cloudVerify: Verify;
  readonly bounds?: BatchBounds;
  /** A new epoch was opened, and why. */
  readonly opened?: (epoch: Epoch, reason: string) => void;
}

/** The faults that mean: the cloud holds another journal than this disk, or more of it. */
const NOT_OURS: ReadonlySet<string> = new Set(['journal-behind', 'journal-forked']);
/** The cloud keeps what was sent and books nothing of it: go on behind it. */
const SET_ASIDE: ReadonlySet<string> = new Set(['journal-forked', 'journal-revoked']);

export class Uplink {
  readonly #options: UplinkOptions;
  /** Per epoch: the last entry that needn't be sent again. */
  readonly #done = new Map<Epoch, Seq>();
  /** Epochs of which the cloud has set something aside. */
  readonly #aside = new Set<Epoch>();
  #growth = 1;
  #compared = false;
  #comparing: Promise<void> | undefined;
  /** The highest epoch that the cloud has ever seen of this box. */
  #heldAbove = 0;

  constructor(options: UplinkOptions) {
    this.#options = options;
    for (const { epoch } of options.journal.epochs()) this.#done.set(epoch, this.#acknowledged(epoch));
  }

  /** How many entries the cloud hasn't acknowledged. */
  lag(): number {
    return this.#options.journal
      .epochs()
      .reduce((sum, { epoch, lastSeq }) => sum + lastSeq - this.#sent(epoch), 0);
  }

  /**
   * Sends one batch, oldest epoch first. @returns whether there is more to send.
   * @throws Fault as `CloudLink`, `cloud-answer-invalid`; nothing is lost, and the next call tries again
   */
  async step(signal: AbortSignal): Promise<boolean> {
    await this.compare(signal);
    const { journal, bounds = BATCH_BOUNDS } = this.#options;
    const next = journal.epochs().find(({ epoch, lastSeq }) => lastSeq > this.#sent(epoch));
    if (next === undefined) return false;
    const { epoch } = next;
    const after = this.#sent(epoch);
    const [most, mostBytes] = [bounds.entries * this.#growth, bounds.bytes * this.#growth];
    const contents = journal.entriesAfter(after, most, mostBytes, epoch);
    const last = (after + contents.length) as Seq;
    const batch = encodeBatch({
      event: journal.event,
      box: journal.box,
      epoch,
      fromSeq: (after + 1) as Seq,
      before: this.#ownHead(after, epoch).hash,
      contents,
      head: journal.headAt(last, epoch),
    });
    const growth = this.#growth;
    // Small again, should it not get through.
    this.#growth = 1;
    await this.#send(batch, epoch, last, signal);
    const more = this.lag();
    if (more >= bounds.entries) this.#growth = Math.min(CATCH_UP, 2 * growth);
    return more > 0;
  }

  async #send(batch: Uint8Array, epoch: Epoch, last: Seq, signal: AbortSignal): Promise<void> {
    try {
      this.#accept(await this.#options.link.sendBatch(batch, signal), epoch, last);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // Behind what was set aside everything is a gap, and going back would never end.
      const isAside = SET_ASIDE.has(error.code) || (error.code === 'journal-gap' && this.#aside.has(epoch));
      if (error.code === 'journal-gap' && !isAside) return this.#rewind(epoch, error);
      if (NOT_OURS.has(error.code)) this.#leave(epoch, error.code);
      if (!isAside) throw error;
      this.#aside.add(epoch);
      this.#done.set(epoch, last);
    }
  }

  #accept({ checkpoint, nextSeq }: Receipt, epoch: Epoch, last: Seq): void {
    const head = openHead('pulsera/checkpoint', checkpoint, this.#options.cloudVerify);
    if (head.epoch !== epoch || head.seq + 1 !== nextSeq) {
      throw new Fault(
        'cloud-answer-invalid',
        'Ask the operator of the cloud: its checkpoint is of something else.',
        { detail: { epoch, checkpointEpoch: head.epoch, checkpointSeq: head.seq } },
      );
    }
    this.#done.set(epoch, this.#take(head, checkpoint) ? head.seq : last);
  }

  /** A checkpoint, from an answer or from the comparison. False when this disk is not what the cloud holds. */
  #take(head: Head, signed: Uint8Array): boolean {
    try {
      this.#options.journal.acceptCheckpoint(head, signed);
      return true;
    } catch (error) {
      if (!(error instanceof Fault) || !NOT_OURS.has(error.code)) throw error;
      this.#leave(head.epoch, error.code);
      return false;
    }
  }

  /**
   * Before the first batch, and before anything that the cloud says is journaled: a disk that was put back from a copy must open a new epoch
   * before it writes much more. What it has beyond its own last checkpoint is sent all the same, and the cloud puts it aside.
   * @throws Fault as `CloudLink`
   */
  compare(signal: AbortSignal): Promise<void> {
    if (this.#compared) return Promise.resolve();
    this.#comparing ??= this.#compare(signal).finally(() => {
      this.#comparing = undefined;
    });
    return this.#comparing;
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const held = await this.#options.link.heldEpochs(signal).catch((error: unknown) => {
      if (faultCode(error) === 'box-revoked') return [];
      throw error;
    });
    this.#heldAbove = Math.max(0, ...held.map(({ epoch }) => epoch));
    for (const { checkpoint } of held) {
      if (checkpoint === undefined) continue;
      const head = openHead('pulsera/checkpoint', checkpoint, this.#options.cloudVerify);
      if (this.#take(head, checkpoint)) this.#done.set(head.epoch, head.seq);
    }
    this.#compared = true;
  }

  /** The cloud lost something, or never got it: go back to what it has. */
  #rewind(epoch: Epoch, gap: Fault): void {
    const expected = gap.detail.expectedSeq;
    if (typeof expected !== 'number' || expected < 1 || expected > this.#sent(epoch)) {
      throw new Fault(
        'cloud-answer-invalid',
        'Ask the operator of the cloud: it names a gap where there is none.',
        {
          cause: gap,
          detail: { epoch, sent: this.#sent(epoch), expected: expected ?? null },
        },
      );
    }
    this.#done.set(epoch, (expected - 1) as Seq);
  }

  /** The current epoch can't be continued; older ones are history either way. */
  #leave(epoch: Epoch, reason: string): void {
    const { journal, opened } = this.#options;
    if (epoch < journal.epoch) return;
    const next = (Math.max(journal.epoch, epoch, this.#heldAbove) + 1) as Epoch;
    journal.openEpoch(next);
    opened?.(next, reason);
  }

  #sent(epoch: Epoch): Seq {
    return this.#done.get(epoch) ?? (0 as Seq);
  }

  #acknowledged(epoch: Epoch): Seq {
    return this.#options.journal.checkpoint(epoch)?.seq ?? (0 as Seq);
  }

  /** Just signed by ourselves, so there is nothing to verify. */
  #ownHead(seq: Seq, epoch: Epoch): Head {
    return openHead('pulsera/head', this.#options.journal.headAt(seq, epoch), () => true);
  }
}
