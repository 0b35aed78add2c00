/** A journal in a folder of its own, with keys made from fixed bytes and a clock that stands until it is moved. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uintBytes } from '@pulsera/firmware-protocol/bytes';
import type {
  BoxId,
  ChipUid,
  Epoch,
  EventId,
  Generation,
  PlanVersion,
  Seq,
  StandId,
  TapId,
  TillId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import { CLOUD_BOX } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Sign, Verify } from '@pulsera/firmware-protocol/journal/cose';
import { type Draft, type Entry, encodeEntry, type TapBody } from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { eventLoop } from '../src/event-loop.ts';
import { filePlace } from '../src/journal/file-place.ts';
import type { CloudBatch, JournalOptions } from '../src/journal/journal.ts';

export const EVENT = 7 as EventId;
export const BOX = 3 as BoxId;
export const EPOCH = 1 as Epoch;

export const sha256: Sha256 = bytes => createHash('sha256').update(bytes).digest();

/** RFC 8410's wrapping of a raw Ed25519 private key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export function keyPair(fill: number): { sign: Sign; verify: Verify } {
  const der = Buffer.concat([PKCS8, Buffer.alloc(32, fill)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  return {
    sign: message => sign(null, message, privateKey),
    verify: (signature, message) => verify(null, message, publicKey, signature),
  };
}

export const boxKey = keyPair(1);
export const cloudKey = keyPair(2);

export class HandClock {
  now = { wallMs: 1_790_000_000_000, monoMs: 1000 };
  wallMs(): number {
    return this.now.wallMs;
  }
  monoMs(): number {
    return this.now.monoMs;
  }
  /** Time passes. */
  pass(ms: number): void {
    this.now = { wallMs: this.now.wallMs + ms, monoMs: this.now.monoMs + ms };
  }
  /** Somebody sets the clock. */
  set(wallMs: number): void {
    this.now = { ...this.now, wallMs };
  }
}

/** A folder that goes when the test is over. */
export function scratch(parent = tmpdir()): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(parent, 'pulsera-journal-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** `file`: where the database lies. */
export function sampleOptions(
  dir: string,
  clock = new HandClock(),
): JournalOptions & { readonly file: string } {
  const file = join(dir, 'journal.sqlite');
  return {
    file,
    place: filePlace(file),
    event: EVENT,
    box: BOX,
    epoch: EPOCH,
    ...boxKey,
    sha256,
    clock,
    soon: eventLoop.soon,
    // Small, or each test would write eight megabytes of ballast first.
    limits: { walFrames: 128, sparePages: 16, verifiedTail: 20 },
  };
}

export const tapId = (n: number): TapId =>
  `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as TapId;
export const uidOf = (n: number): ChipUid => `04${n.toString(16).padStart(12, '0')}` as ChipUid;
export const walletOf = (n: number): WalletId => n.toString(16).padStart(16, '0') as WalletId;

/** 20 bytes that begin with the counter; the rest tells images with one counter apart. */
export function image(counter: number, mark = 0): Uint8Array {
  const bytes = new Uint8Array(20).fill(mark, 2);
  bytes.set(uintBytes(counter, 2));
  return bytes;
}

export function tapBody(n: number, change: Partial<TapBody> = {}): TapBody {
  const wallet = change.wallet ?? walletOf(n);
  return {
    tap: tapId(n),
    sale: null,
    till: 'bar-1' as TillId,
    operator: null,
    shift: null,
    plan: 1 as PlanVersion,
    cloudSeq: 0 as Seq,
    via: 'box',
    uid: uidOf(n),
    wallet,
    generation: 1 as Generation,
    slot0: image(0),
    slot1: new Uint8Array(20),
    from: 0,
    after: image(1, n % 256),
    effects: [
      {
        kind: 'purchase',
        stand: 'bar' as StandId,
        lines: [],
        totalMinor: 1200,
        bonusMinor: 0,
        approvedBy: null,
      },
    ],
    held: postings(),
    posted: postings(
      [accounts.walletMain(wallet), 1200],
      [accounts.revenue('bar' as StandId), -1000],
      [accounts.tax(2000), -200],
    ),
    ...change,
  };
}

export const tapDraft = (n: number, change: Partial<TapBody> = {}): Draft => ({
  kind: 'tap',
  body: tapBody(n, change),
});

export function settlementDraft(
  n: number,
  seq: Seq,
  outcome: 'posted' | 'dropped' | 'abandoned' = 'posted',
  epoch = EPOCH,
): Draft {
  return {
    kind: 'settlement',
    body: { uid: uidOf(n), of: { box: BOX, epoch, seq }, tap: tapId(n), outcome, evidence: 'none' },
  };
}

/** The cloud's journal, as far as a test needs one. */
export class SampleCloud {
  readonly contents: Uint8Array[] = [];
  readonly #hashes: Uint8Array[] = [genesis(EVENT, CLOUD_BOX, EPOCH, sha256)];

  write(...drafts: readonly Draft[]): this {
    for (const draft of drafts) {
      const header = { seq: (this.contents.length + 1) as Seq, wallMs: 1, monoMs: 1, boot: 1 };
      const content = encodeEntry({ ...header, ...draft } as Entry);
      this.contents.push(content);
      this.#hashes.push(entryHash(this.#hashes.at(-1) ?? content, content, sha256));
    }
    return this;
  }

  batch(after = 0, to = this.contents.length): CloudBatch {
    const hash = this.#hashes[to] ?? new Uint8Array(32);
    const head = { event: EVENT, box: CLOUD_BOX, epoch: EPOCH, seq: to as Seq, hash, wallMs: 1 };
    return {
      after: after as Seq,
      contents: this.contents.slice(after, to),
      head,
      signedHead: signHead('pulsera/head', head, cloudKey.sign),
    };
  }
}
