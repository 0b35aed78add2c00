/**
 * Writes entries within a transaction that the group commit opened. Where the journal ends is one value, so that rolling back
 * to a savepoint is putting an older value back.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import { CborWriter } from '@pulsera/firmware-protocol/journal/cbor';
import { entryHash, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Sign } from '@pulsera/firmware-protocol/journal/cose';
import { type Draft, decodeEntry, type Entry, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { type Head, signHead } from '@pulsera/firmware-protocol/journal/head';
import { clampMs, clockJump, type Instant } from './clock-jump.ts';
import type { Ledger } from './ledger.ts';
import type { Position } from './position.ts';
import type { Fact, TapChange } from './projection/projection.ts';
import type { Projector } from './projection/projections.ts';

export interface End extends Position {
  readonly at: number;
  /** When the last entry was written; undefined before the first. */
  readonly instant: Instant | undefined;
  readonly cloud: { readonly seq: Seq; readonly hash: Uint8Array };
  readonly pendingTaps: number;
}

export interface WriterParts {
  readonly event: EventId;
  readonly box: BoxId;
  readonly sign: Sign;
  readonly sha256: Sha256;
  readonly clockJumpMs: number;
  readonly ledger: Ledger;
  readonly projector: Projector;
}

export class Writer {
  readonly #parts: WriterParts;
  /** One for all entries: each overwrites the one before. */
  readonly #out = new CborWriter();
  #now: Instant;
  #end: End;
  #written: Entry[] = [];

  constructor(parts: WriterParts, end: End, now: Instant) {
    this.#parts = parts;
    this.#end = end;
    this.#now = now;
  }

  get end(): End {
    return this.#end;
  }

  /** One reading of the clock serves a whole group. */
  beginGroup(now: Instant): void {
    this.#now = { ...now, wallMs: clampMs(now.wallMs), monoMs: clampMs(now.monoMs) };
    this.#written = [];
  }

  /** Everything written since `beginGroup`, clock jumps included. */
  written(): readonly Entry[] {
    return this.#written;
  }

  rollBackTo(end: End): void {
    this.#written.length = Math.max(0, this.#written.length - (this.#end.at - end.at));
    this.#end = end;
  }

  /** @throws Fault `draft-invalid` and what the projections throw; nothing of it may then stay in the transaction. */
  append(drafts: readonly Draft[], request?: Uint8Array): readonly Entry[] {
    this.#noteClockJump();
    return drafts.map(draft => {
      const entry = this.#write(draft);
      if (entry.kind === 'tap' && request !== undefined) {
        this.#parts.ledger.insertRequest(this.#end.at, request);
      }
      return entry;
    });
  }

  /** One entry of the cloud's journal, already known to continue it. */
  takeFromCloud(entry: Entry, content: Uint8Array, hash: Uint8Array): void {
    this.#parts.ledger.insertCloudEntry(entry.seq, content, hash);
    this.#apply({ journal: 'cloud', at: 0, epoch: 0, entry });
    this.#end = { ...this.#end, cloud: { seq: entry.seq, hash } };
  }

  /** Signs the end and stores it: the last thing before a commit. */
  seal(): void {
    const { ledger, event, box } = this.#parts;
    const { epoch, seq, hash, at } = this.#end;
    ledger.insertHead(at, this.signedHead({ event, box, epoch, seq, hash, wallMs: this.#now.wallMs }));
  }

  signedHead(head: Head): Uint8Array {
    return signHead('pulsera/head', head, this.#parts.sign);
  }

  #noteClockJump(): void {
    const jump = clockJump(this.#end.instant, this.#now, this.#parts.clockJumpMs);
    if (jump !== undefined) this.#write({ kind: 'clock-jump', body: jump });
  }

  #write(draft: Draft): Entry {
    const { epoch, at, hash: before } = this.#end;
    const header = { ...this.#now, seq: (this.#end.seq + 1) as Seq };
    const { content, entry } = written({ ...header, ...draft } as Entry, this.#out);
    const hash = entryHash(before, content, this.#parts.sha256);
    this.#parts.ledger.insertEntry(at + 1, content, hash);
    const change = this.#apply({ journal: 'own', at: at + 1, epoch, entry });
    const pendingTaps = this.#end.pendingTaps + (change?.from === 'new' ? 1 : 0);
    this.#end = { ...this.#end, seq: header.seq, hash, at: at + 1, instant: this.#now, pendingTaps };
    this.#written.push(entry);
    return entry;
  }

  #apply(fact: Omit<Fact, 'change' | 'booked'>): TapChange | undefined {
    const change = this.#parts.projector.apply(fact);
    if (change?.from === 'pending' && change.to !== 'pending') {
      this.#end = { ...this.#end, pendingTaps: this.#end.pendingTaps - 1 };
    }
    return change;
  }
}

/**
 * An entry as it will be read back, so that projections see today what a rebuild sees later, and nothing is journaled that
 * can't be read. @throws Fault `draft-invalid`
 */
function written(draft: Entry, out: CborWriter): { content: Uint8Array; entry: Entry } {
  try {
    const content = encodeEntry(draft, out);
    return { content, entry: decodeEntry(content) };
  } catch (cause) {
    throw new Fault(
      'draft-invalid',
      'Report this as a defect: something tried to journal what is not an entry.',
      {
        cause,
        detail: { kind: draft.kind, reason: cause instanceof Error ? cause.message : String(cause) },
      },
    );
  }
}
