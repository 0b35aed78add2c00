/**
 * A cloud that holds journals and settles nothing: it checks each box's chain and signatures, signs checkpoints, and gives out its own
 * journal and the plan. Enough for boxes to sync with; what it should book is not its business.
 */
import type { Receipt } from '@pulsera/edge-node/sync/cloud-link';
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type BoxId, CLOUD_BOX, type Epoch, type Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { type Draft, type Entry, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { openHead, signHead } from '@pulsera/firmware-protocol/journal/head';
import { decodeBatch, encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { CloudPort, CloudServer } from './cloud-server.ts';
import type { Festival } from './festival.ts';
import type { VirtualTime } from './time.ts';

interface Held {
  readonly contents: Uint8Array[];
  /** After entry n, from the genesis. */
  readonly hashes: Uint8Array[];
  checkpoint: Uint8Array | undefined;
  isForked: boolean;
}

const CLOUD_EPOCH = 1 as Epoch;
/** A box that asks for news is answered after this long anyhow. */
const PATIENCE_MS = 25_000;

export class HoldingCloud implements CloudServer {
  readonly #festival: Festival;
  readonly #time: VirtualTime;
  readonly #sha256: Sha256;
  readonly #boxes = new Map<BoxId, Verify>();
  readonly #held = new Map<string, Held>();
  readonly #own: Held;
  readonly #waiting = new Set<() => void>();

  constructor(festival: Festival, time: VirtualTime, sha256: Sha256) {
    this.#festival = festival;
    this.#time = time;
    this.#sha256 = sha256;
    this.#own = this.#journal(CLOUD_BOX, CLOUD_EPOCH);
  }

  /** @param verify with the box's public key. */
  enrol(box: BoxId, verify: Verify): void {
    this.#boxes.set(box, verify);
  }

  /** What was taken of a box's journal. */
  contents(box: BoxId, epoch: Epoch): readonly Uint8Array[] {
    return this.#journal(box, epoch).contents;
  }

  write(...drafts: readonly Draft[]): void {
    for (const draft of drafts) {
      const header = { seq: (this.#own.contents.length + 1) as Seq, wallMs: 0, monoMs: 0, boot: 0 };
      const content = encodeEntry({ ...header, ...draft } as Entry);
      this.#own.hashes.push(entryHash(lastOf(this.#own), content, this.#sha256));
      this.#own.contents.push(content);
    }
    for (const tell of [...this.#waiting]) tell();
  }

  serve(box: BoxId): CloudPort {
    return {
      sendBatch: async batch => this.#take(box, batch),
      heldEpochs: async () =>
        this.#epochsOf(box).map(([epoch, { contents, checkpoint }]) => ({
          epoch,
          seq: contents.length as Seq,
          checkpoint,
        })),
      cloudJournal: async (after, limit) => this.#stretch(after, limit),
      awaitHint: async after => await this.#news(after),
      askForReversal: async () => ({
        outcome: 'refused',
        reason: 'unknown',
        box: null,
        sinceMs: null,
        boxesCutOff: 0,
      }),
      plan: async after => (after < this.#festival.plan.version ? this.#festival.signedPlan : undefined),
    };
  }

  #take(box: BoxId, bytes: Uint8Array): Receipt {
    const { epoch, fromSeq, before, contents, head: signed } = decodeBatch(bytes);
    const verify = this.#boxes.get(box);
    if (verify === undefined) throw new Fault('box-revoked', 'Enrol this box.');
    const held = this.#journal(box, epoch);
    const hashes: Uint8Array[] = [];
    for (const content of contents) {
      hashes.push(entryHash(hashes.at(-1) ?? before, content, this.#sha256));
    }
    const head = openHead('pulsera/head', signed, verify);
    const isWhole = head.box === box && head.epoch === epoch && head.seq === fromSeq + contents.length - 1;
    if (!isWhole || !equalBytes(head.hash, hashes.at(-1) ?? before)) {
      throw new Fault('batch-head-mismatch', 'Send what the head vouches for.');
    }
    const expectedSeq = held.contents.length + 1;
    if (!held.isForked && fromSeq > expectedSeq) {
      throw new Fault('journal-gap', 'Send what is missing.', { detail: { expectedSeq } });
    }
    const fits = [before, ...hashes].every((hash, i) => {
      const known = held.hashes[fromSeq - 1 + i];
      return known === undefined || equalBytes(hash, known);
    });
    held.isForked ||= !fits;
    if (held.isForked) throw new Fault('journal-forked', 'Open a new epoch.');
    const known = expectedSeq - fromSeq;
    held.contents.push(...contents.slice(known).map(content => content.slice()));
    held.hashes.push(...hashes.slice(known));
    const seq = held.contents.length as Seq;
    const { event, cloudKey } = this.#festival;
    const end = { event, box, epoch, seq, hash: lastOf(held), wallMs: 0 };
    held.checkpoint = signHead('pulsera/checkpoint', end, cloudKey.sign);
    return { checkpoint: held.checkpoint, nextSeq: (seq + 1) as Seq };
  }

  #stretch(after: Seq, limit: number): Uint8Array | undefined {
    const { event, cloudKey } = this.#festival;
    const { contents, hashes } = this.#own;
    const seq = Math.min(after + limit, contents.length) as Seq;
    const [before, hash] = [hashes[after], hashes[seq]];
    if (seq <= after || before === undefined || hash === undefined) return undefined;
    const place = { event, box: CLOUD_BOX, epoch: CLOUD_EPOCH };
    return encodeBatch({
      ...place,
      fromSeq: (after + 1) as Seq,
      before,
      contents: contents.slice(after, seq),
      head: signHead('pulsera/head', { ...place, seq, hash, wallMs: 0 }, cloudKey.sign),
    });
  }

  #news(after: Seq): Promise<Seq> {
    const end = () => this.#own.contents.length as Seq;
    if (end() > after) return Promise.resolve(end());
    return new Promise(resolve => {
      const tell = () => {
        callOff();
        this.#waiting.delete(tell);
        resolve(end());
      };
      const callOff = this.#time.after(PATIENCE_MS, tell);
      this.#waiting.add(tell);
    });
  }

  #epochsOf(box: BoxId): (readonly [Epoch, Held])[] {
    return [...this.#held].flatMap(([key, held]) => {
      const [of, epoch] = key.split('/').map(Number);
      return of === box && held.contents.length > 0 ? [[epoch as Epoch, held] as const] : [];
    });
  }

  #journal(box: BoxId, epoch: Epoch): Held {
    const key = `${box}/${epoch}`;
    const start = genesis(this.#festival.event, box, epoch, this.#sha256);
    const held = this.#held.get(key) ?? {
      contents: [],
      hashes: [start],
      checkpoint: undefined,
      isForked: false,
    };
    this.#held.set(key, held);
    return held;
  }
}

const lastOf = ({ hashes }: Held): Uint8Array => hashes[hashes.length - 1] as Uint8Array;
