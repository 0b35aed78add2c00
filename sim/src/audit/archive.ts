/**
 * The archive, item by item: gzip over a CBOR sequence (RFC 8742), each item an array that starts with its type. It is
 * streamed: of the archive itself, no more than one item is held in memory at a time.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { decodeFirst } from 'cborg';
import { Fields, malformed } from './fields.ts';

export type Item =
  | {
      readonly type: 'pulsera-export';
      readonly tenant: number;
      readonly event: number;
      readonly name: string;
      readonly currency: string;
      readonly madeAtMs: number;
    }
  | {
      readonly type: 'key';
      readonly box: number;
      readonly publicKey: Uint8Array;
      readonly state: string;
    }
  | {
      readonly type: 'journal';
      readonly box: number;
      readonly epoch: number;
      readonly lastSeq: number;
      readonly lastHash: Uint8Array;
      readonly head: Uint8Array;
      readonly checkpoint: Uint8Array | null;
      readonly state: string;
    }
  | {
      readonly type: 'entries';
      readonly box: number;
      readonly epoch: number;
      readonly fromSeq: number;
      readonly contents: readonly Uint8Array[];
    }
  | {
      readonly type: 'quarantine';
      readonly box: number;
      readonly epoch: number;
      readonly reason: string;
      /** As it was sent. */
      readonly batch: Uint8Array;
    }
  | { readonly type: 'balance'; readonly account: string; readonly amountMinor: number }
  | FiledCase
  | { readonly type: 'end'; readonly count: number };
export type ItemOf<T extends Item['type']> = Extract<Item, { type: T }>;

export interface FiledCase {
  readonly type: 'case';
  readonly number: number;
  readonly kind: string;
  readonly uid: string | null;
  /** Each as `box/epoch/seq`. */
  readonly refs: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  readonly lossBoundMinor: number | null;
  readonly state: string;
}

/** Strictly deterministic CBOR, as the format promises. */
const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, allowBigInt: false } as const;
/** A quarantined batch is the largest thing in an archive, and the cloud takes none of this size. */
const ITEM_MAX_BYTES = 256 * 1024 * 1024;

export const refText = (box: number, epoch: number, seq: number): string => `${box}/${epoch}/${seq}`;

/** @throws Fault `archive-unreadable`, `archive-malformed` */
export async function* readArchive(path: string): AsyncGenerator<Item> {
  const file = createReadStream(path);
  const plain = createGunzip();
  file.on('error', error => plain.destroy(error));
  try {
    yield* readItems(file.pipe(plain));
  } catch (cause) {
    throw cause instanceof Fault ? cause : unpacked(path, cause);
  } finally {
    file.destroy();
  }
}

/** zlib's words for bytes that don't even begin like gzip: that is another file, not a damaged archive. */
const NO_GZIP = 'incorrect header check';

/** What went wrong on the way from the file to the items. */
function unpacked(path: string, cause: unknown): Fault {
  const { code = '', message = '' } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {};
  if (!code.startsWith('Z_') || message === NO_GZIP) {
    return new Fault('archive-unreadable', `Give the path of an exported event; ${path} can't be read.`, {
      cause,
    });
  }
  const what =
    code === 'Z_BUF_ERROR'
      ? 'the file ends too early, so a part of it is missing'
      : 'its compressed bytes were changed';
  return new Fault(
    'archive-malformed',
    `Fetch ${path} again: ${what}. If it stays so, export the event again.`,
    { cause },
  );
}

/** @throws Fault `archive-malformed` */
export async function* readItems(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Item> {
  let held = new Uint8Array(0);
  let arrived: Uint8Array[] = [];
  let arrivedBytes = 0;
  let number = 1;
  for await (const chunk of chunks) {
    arrived.push(chunk);
    arrivedBytes += chunk.length;
    // Trying again only once the bytes have doubled keeps a large item from being read over and over.
    if (arrivedBytes < held.length) continue;
    held = Buffer.concat([held, ...arrived]);
    arrived = [];
    arrivedBytes = 0;
    for (let first = firstItem(held); first; first = firstItem(held)) {
      yield parseItem(first.value, `item ${number++}`);
      held = first.rest;
    }
    if (held.length > ITEM_MAX_BYTES) malformed(`item ${number}`, 'more than an item can hold');
  }
  held = Buffer.concat([held, ...arrived]);
  for (let first = firstItem(held); held.length > 0; first = firstItem(held)) {
    if (!first) malformed(`item ${number}`, 'no deterministic CBOR');
    yield parseItem(first.value, `item ${number++}`);
    held = first.rest;
  }
}

/** Undefined while the bytes of one item are not all there, or not CBOR: at the end of the archive that is the same. */
function firstItem(bytes: Uint8Array): { value: unknown; rest: Uint8Array<ArrayBuffer> } | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const [value, rest] = decodeFirst(bytes, STRICT);
    return { value, rest: bytes.subarray(bytes.length - rest.length) as Uint8Array<ArrayBuffer> };
  } catch {
    return undefined;
  }
}

function parseItem(value: unknown, where: string): Item {
  const fields = new Fields(value, where);
  const type = fields.text();
  // Its own only: every object also has a constructor, which would take anything.
  if (!Object.hasOwn(PARSERS, type)) malformed(where, `an unknown type ${type}`);
  const parse = PARSERS[type as Item['type']];
  const item = parse(fields);
  fields.end();
  return item;
}

const PARSERS: { readonly [T in Item['type']]: (fields: Fields) => ItemOf<T> } = {
  'pulsera-export': fields => {
    if (fields.uint() !== 1) malformed('item 1', 'a version other than 1');
    return {
      type: 'pulsera-export',
      tenant: fields.uint(),
      event: fields.uint(),
      name: fields.text(),
      currency: fields.text(),
      madeAtMs: fields.uint(),
    };
  },
  key: fields => ({ type: 'key', box: fields.uint(), publicKey: fields.bytes(32), state: fields.text() }),
  journal: fields => ({
    type: 'journal',
    box: fields.uint(),
    epoch: fields.int(1),
    lastSeq: fields.uint(),
    lastHash: fields.bytes(32),
    head: fields.bytes(),
    checkpoint: fields.nullable(it => it.bytes()),
    state: fields.text(),
  }),
  entries: fields => ({
    type: 'entries',
    box: fields.uint(),
    epoch: fields.int(1),
    fromSeq: fields.int(1),
    contents: fields.byteStrings(),
  }),
  quarantine: fields => {
    const [box, epoch] = [fields.uint(), fields.int(1)];
    fields.int(1);
    const reason = fields.text();
    fields.uint();
    return { type: 'quarantine', box, epoch, reason, batch: fields.bytes() };
  },
  balance: fields => ({ type: 'balance', account: fields.text(), amountMinor: fields.int() }),
  case: fields => {
    const number = fields.int(1);
    const kind = fields.text();
    const uid = fields.nullable(it => it.text());
    const refs = fields.list(ref => refText(ref.uint(), ref.uint(), ref.uint()));
    const detail = jsonObject(fields.text(), `case ${number}`);
    const lossBoundMinor = fields.nullable(it => it.int());
    fields.uint();
    return { type: 'case', number, kind, uid, refs, detail, lossBoundMinor, state: fields.text() };
  },
  end: fields => ({ type: 'end', count: fields.uint() }),
};

function jsonObject(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    malformed(where, 'no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) malformed(where, 'no JSON object');
  return value as Readonly<Record<string, unknown>>;
}
