/** What sync needs of the cloud, whatever carries it: HTTPS in a box, anything in a simulation. */
import type { Epoch, PlanVersion, Seq } from '@pulsera/firmware-protocol/ids';
import type { ReversalAnswer, ReversalQuestion } from '@pulsera/firmware-protocol/wire/reversal';

export interface Receipt {
  /** COSE_Sign1 by the cloud: "I hold your journal up to here". */
  readonly checkpoint: Uint8Array;
  /** What the cloud wants next. */
  readonly nextSeq: Seq;
}

export interface HeldEpoch {
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly checkpoint: Uint8Array | undefined;
}

/**
 * Every call rejects with a Fault: the cloud's own, by its code, when it answered; `cloud-unreachable` when nobody did (also when
 * the answer took too long); `cloud-answer-invalid` when what came is not of this protocol. All of them may be repeated.
 */
export interface CloudLink {
  /** @param batch from `encodeBatch`. @throws Fault `journal-gap`, `journal-forked`, `journal-revoked` and more */
  sendBatch(batch: Uint8Array, signal: AbortSignal): Promise<Receipt>;
  /** Which epochs of this box's journal the cloud holds, and how far. */
  heldEpochs(signal: AbortSignal): Promise<readonly HeldEpoch[]>;
  /** The cloud's journal after `after` as a batch; undefined when there is nothing more. */
  cloudJournal(after: Seq, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Resolves when the cloud's journal lies beyond `after`, or after a while anyhow; with its end. */
  awaitHint(after: Seq, signal: AbortSignal): Promise<Seq>;
  /** May this box reverse that sale of another one? */
  askForReversal(question: ReversalQuestion, signal: AbortSignal): Promise<ReversalAnswer>;
  /** The newest signed plan above that version, if there is one. */
  plan(after: PlanVersion, signal: AbortSignal): Promise<Uint8Array | undefined>;
}
