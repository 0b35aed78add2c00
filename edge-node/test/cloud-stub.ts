/** A cloud in a few lines, for sync: it keeps what the real one keeps of a journal, and answers as it does. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Epoch, PlanVersion, Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import { openHead, signHead } from '@pulsera/firmware-protocol/journal/head';
import { decodeBatch, encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { ReversalAnswer } from '@pulsera/firmware-protocol/wire/reversal';
import type { CloudLink, Receipt } from '../src/sync/cloud-link.ts';
import { BOX, boxKey, cloudKey, EVENT, SampleCloud, sha256 } from './journal-sample.ts';

interface Held {
  readonly contents: Uint8Array[];
  /** Hash after entry n, from the genesis. */
  readonly hashes: Uint8Array[];
  checkpoint: Uint8Array | undefined;
  forked: boolean;
}

export class CloudStub implements CloudLink {
  readonly journal = new SampleCloud();
  readonly setAside: { readonly epoch: Epoch; readonly fromSeq: Seq; readonly entries: number }[] = [];
  signedPlan: Uint8Array | undefined;
  batches = 0;
  readonly #epochs = new Map<Epoch, Held>();

  contents(epoch = 1 as Epoch): readonly Uint8Array[] {
    return this.#held(epoch).contents;
  }

  /** Put back from a backup: everything after `seq` is gone. */
  forgetAfter(seq: number, epoch = 1 as Epoch): void {
    const held = this.#held(epoch);
    held.contents.splice(seq);
    held.hashes.splice(seq + 1);
    held.checkpoint = undefined;
  }

  async sendBatch(bytes: Uint8Array): Promise<Receipt> {
    this.batches += 1;
    const batch = decodeBatch(bytes);
    const { epoch, fromSeq, before, contents } = batch;
    const held = this.#held(epoch);
    let hash = before;
    const hashes = contents.map(content => (hash = entryHash(hash, content, sha256)));
    const last = (fromSeq + contents.length - 1) as Seq;
    const head = openHead('pulsera/head', batch.head, boxKey.verify);
    if (head.seq !== last || !equalBytes(head.hash, hash)) throw new Fault('batch-head-mismatch', 'head');
    if (!held.forked && fromSeq > held.contents.length + 1) {
      throw new Fault('journal-gap', 'gap', { detail: { expectedSeq: held.contents.length + 1 } });
    }
    const fits = [before, ...hashes].every((own, i) => {
      const known = held.hashes[fromSeq - 1 + i];
      return known === undefined || equalBytes(own, known);
    });
    if (!fits || held.forked) {
      held.forked = true;
      this.setAside.push({ epoch, fromSeq, entries: contents.length });
      throw new Fault('journal-forked', 'forked');
    }
    const known = held.contents.length - fromSeq + 1;
    held.contents.push(...contents.slice(known).map(content => content.slice()));
    held.hashes.push(...hashes.slice(known));
    const end = { event: EVENT, box: BOX, epoch, seq: held.contents.length as Seq, wallMs: 1 };
    held.checkpoint = signHead(
      'pulsera/checkpoint',
      { ...end, hash: held.hashes.at(-1) ?? hash },
      cloudKey.sign,
    );
    return { checkpoint: held.checkpoint, nextSeq: (end.seq + 1) as Seq };
  }

  async heldEpochs() {
    return [...this.#epochs].map(([epoch, { contents, checkpoint }]) => ({
      epoch,
      seq: contents.length as Seq,
      checkpoint,
    }));
  }

  async cloudJournal(after: Seq, limit: number): Promise<Uint8Array | undefined> {
    const to = Math.min(after + limit, this.journal.contents.length);
    if (to <= after) return undefined;
    const { contents, head, signedHead } = this.journal.batch(after, to);
    const before =
      after === 0 ? genesis(EVENT, head.box, head.epoch, sha256) : this.journal.batch(0, after).head.hash;
    const { event, box, epoch } = head;
    return encodeBatch({
      event,
      box,
      epoch,
      fromSeq: (after + 1) as Seq,
      before,
      contents,
      head: signedHead,
    });
  }

  async awaitHint(): Promise<Seq> {
    await new Promise(resolve => setTimeout(resolve, 5));
    return this.journal.contents.length as Seq;
  }

  async askForReversal(): Promise<ReversalAnswer> {
    return { outcome: 'refused', reason: 'unknown', box: null, sinceMs: null, boxesCutOff: 0 };
  }

  async plan(_after: PlanVersion): Promise<Uint8Array | undefined> {
    const signed = this.signedPlan;
    this.signedPlan = undefined;
    return signed;
  }

  #held(epoch: Epoch): Held {
    const held = this.#epochs.get(epoch) ?? {
      contents: [],
      hashes: [genesis(EVENT, BOX, epoch, sha256)],
      checkpoint: undefined,
      forked: false,
    };
    this.#epochs.set(epoch, held);
    return held;
  }
}
