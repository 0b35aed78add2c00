/**
 * An entry as an outsider reads it: the CBOR array [version, kind, seq, wallMs, monoMs, boot, body] by a CBOR library, the body
 * by the field tables of docs/wire.md. None of the codecs that wrote it is used, so that a mistake in them can't hide here.
 */
import { decode } from 'cborg';
import { refText } from './archive.ts';
import { Fields, malformed } from './fields.ts';

export type Lines = ReadonlyMap<string, number>;

export interface SaleLine {
  readonly quantity: number;
  readonly unitMinor: number;
  readonly taxRateBp: number;
  readonly depositMinor: number;
}

export type Effect =
  | {
      readonly kind: 'purchase';
      readonly stand: string;
      readonly lines: readonly SaleLine[];
      readonly totalMinor: number;
      readonly bonusMinor: number;
    }
  | { readonly kind: 'cash-topup'; readonly amountMinor: number; readonly tender: 'cash' | 'card' }
  | {
      readonly kind: 'credit-load';
      readonly from: number;
      readonly to: number;
      readonly mainMinor: number;
      readonly bonusMinor: number;
    }
  | {
      readonly kind: 'reversal';
      readonly of: string;
      readonly mainMinor: number;
      readonly bonusMinor: number;
    }
  | { readonly kind: 'cash-out'; readonly amountMinor: number }
  | { readonly kind: 'issue' };

export interface Tap {
  readonly kind: 'tap';
  readonly tap: string;
  readonly till: string;
  readonly uid: string;
  readonly wallet: string;
  readonly generation: number;
  /** How much of the cloud's journal its box had taken in. */
  readonly cloudSeq: number;
  /** Hex of the slot it started from; null when the chip was blank. */
  readonly before: string | null;
  readonly from: number | null;
  readonly after: string;
  readonly effects: readonly Effect[];
  readonly held: Lines;
  readonly posted: Lines;
}

export type Read =
  | Tap
  | {
      readonly kind: 'settlement';
      readonly of: string;
      readonly ofBox: number;
      readonly tap: string;
      readonly uid: string;
      readonly outcome: 'posted' | 'dropped' | 'abandoned';
      readonly evidence: (typeof EVIDENCE)[number];
    }
  | {
      readonly kind: 'drawer-paid';
      readonly of: string;
      readonly tap: string;
      readonly till: string;
      readonly postings: Lines;
    }
  | {
      readonly kind: 'shift-closed';
      readonly till: string;
      readonly countedMinor: number;
      readonly expectedMinor: number;
      readonly postings: Lines;
    }
  | { readonly kind: 'cloud-cursor'; readonly seq: number; readonly hash: string }
  | {
      readonly kind: 'issued';
      readonly uid: string;
      readonly wallet: string;
      readonly generation: number;
      readonly root: string;
    }
  | {
      readonly kind: 'credited';
      readonly wallet: string;
      readonly generation: number;
      readonly number: number;
      readonly mainMinor: number;
      readonly bonusMinor: number;
      readonly source: (typeof SOURCES)[number];
      readonly reference: string;
      readonly postings: Lines;
    }
  | {
      readonly kind: 'blocked';
      readonly uid: string;
      readonly wallet: string;
      readonly generation: number;
      readonly reason: (typeof REASONS)[number];
    }
  | {
      readonly kind: 'replaced';
      readonly wallet: string;
      readonly fromUid: string;
      readonly toUid: string;
      readonly fromGeneration: number;
      readonly toGeneration: number;
    }
  | { readonly kind: 'box-revoked'; readonly box: number }
  | { readonly kind: 'reversal-withdrawn'; readonly of: string; readonly tap: string }
  | {
      readonly kind: 'reversal-granted';
      readonly of: string;
      readonly tap: string;
      readonly to: number;
      readonly uid: string;
      readonly mainMinor: number;
      readonly bonusMinor: number;
      readonly undone: Lines;
    }
  | { readonly kind: 'other' };
export type ReadOf<K extends Read['kind']> = Extract<Read, { kind: K }>;

const EVIDENCE = ['read-back', 'sight', 'overwritten', 'graph', 'close', 'none'] as const;
const SOURCES = ['online', 'given-back', 'replacement', 'released', 'gift'] as const;
const REASONS = ['fork', 'forgery', 'lost', 'replaced', 'staff'] as const;
const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, allowBigInt: false } as const;

/** @param seq where the journal has it. @throws Fault `archive-malformed` */
export function readEntry(content: Uint8Array, seq: number, where: string): Read {
  let value: unknown;
  try {
    value = decode(content, STRICT);
  } catch {
    malformed(where, 'no deterministic CBOR');
  }
  const fields = new Fields(value, where);
  if (fields.uint() !== 1) malformed(where, 'an unknown version');
  const kind = fields.uint();
  if (fields.uint() !== seq) malformed(where, 'another sequence number');
  for (const _header of ['wallMs', 'monoMs', 'boot']) fields.uint();
  const body = fields.record();
  fields.end();
  const read = BODIES[kind] ?? malformed(where, `an unknown kind ${kind}`);
  const result = read(body);
  body.end();
  return result;
}

const uuid = (fields: Fields) => fields.hex(16);
const tapRef = (fields: Fields) => {
  const ref = fields.record();
  const box = ref.uint();
  const text = refText(box, ref.int(1), ref.int(1));
  ref.end();
  return { box, text };
};

/** Fields that stand there and that no check asks for. */
function skip(count: number): (fields: Fields) => Read {
  return fields => {
    if (fields.left !== count) malformed('an entry', `${fields.left} fields instead of ${count}`);
    fields.drop(count);
    return { kind: 'other' };
  };
}

const BODIES: Readonly<Record<number, (fields: Fields) => Read>> = {
  1: tapBody,
  2: fields => {
    const { box, text } = tapRef(fields);
    return {
      kind: 'settlement',
      of: text,
      ofBox: box,
      tap: uuid(fields),
      uid: fields.hex(7),
      outcome: fields.word(['posted', 'dropped', 'abandoned']),
      evidence: fields.word(EVIDENCE),
    };
  },
  3: fields => {
    const of = tapRef(fields).text;
    const [tap, till] = [uuid(fields), fields.text()];
    fields.drop(1);
    return { kind: 'drawer-paid', of, tap, till, postings: postingLines(fields) };
  },
  4: skip(4),
  5: fields => {
    fields.drop(1);
    const till = fields.text();
    fields.drop(1);
    const [countedMinor, expectedMinor] = [fields.int(), fields.int()];
    return { kind: 'shift-closed', till, countedMinor, expectedMinor, postings: postingLines(fields) };
  },
  6: skip(2),
  7: fields => ({ kind: 'cloud-cursor', seq: fields.uint(), hash: fields.hex(32) }),
  8: skip(2),
  9: skip(3),
  10: skip(3),
  32: fields => {
    const [uid, wallet, generation] = [fields.hex(7), fields.hex(8), fields.int(1)];
    fields.drop(2);
    return { kind: 'issued', uid, wallet, generation, root: fields.hex(20) };
  },
  33: fields => ({
    kind: 'credited',
    wallet: fields.hex(8),
    generation: fields.int(1),
    number: fields.int(1),
    mainMinor: fields.uint(),
    bonusMinor: fields.uint(),
    source: fields.word(SOURCES),
    reference: fields.text(),
    postings: postingLines(fields),
  }),
  34: fields => {
    const [uid, wallet, generation] = [fields.hex(7), fields.hex(8), fields.int(1)];
    return { kind: 'blocked', uid, wallet, generation, reason: fields.word(REASONS) };
  },
  35: fields => {
    const [wallet, fromUid, toUid] = [fields.hex(8), fields.hex(7), fields.hex(7)];
    const [fromGeneration, toGeneration] = [fields.int(1), fields.int(1)];
    return { kind: 'replaced', wallet, fromUid, toUid, fromGeneration, toGeneration };
  },
  36: fields => {
    const box = fields.int(1);
    fields.drop(2);
    return { kind: 'box-revoked', box };
  },
  37: fields => ({ kind: 'reversal-withdrawn', of: tapRef(fields).text, tap: uuid(fields) }),
  38: fields => ({
    kind: 'reversal-granted',
    of: tapRef(fields).text,
    tap: uuid(fields),
    to: fields.int(1),
    uid: fields.hex(7),
    mainMinor: fields.int(),
    bonusMinor: fields.uint(),
    undone: postingLines(fields),
  }),
};

function tapBody(fields: Fields): Tap {
  const tap = uuid(fields);
  fields.drop(1); // sale
  const till = fields.text();
  fields.drop(3); // operator, shift, plan
  const cloudSeq = fields.uint();
  fields.drop(1); // via
  const [uid, wallet, generation] = [fields.hex(7), fields.hex(8), fields.int(1)];
  const slots = [fields.hex(20), fields.hex(20)] as const;
  const from = fields.nullable(it => it.uint());
  if (from !== null && from > 1) malformed(`tap ${tap}`, 'a third slot');
  return {
    kind: 'tap',
    tap,
    till,
    uid,
    wallet,
    generation,
    cloudSeq,
    before: from === null ? null : slots[from === 0 ? 0 : 1],
    from,
    after: fields.hex(20),
    effects: fields.list(effect),
    held: postingLines(fields),
    posted: postingLines(fields),
  };
}

function effect(fields: Fields): Effect {
  const kind = fields.uint();
  const body = fields.record();
  fields.end();
  const read = EFFECTS[kind] ?? malformed('an effect', `an unknown kind ${kind}`);
  const result = read(body);
  body.end();
  return result;
}

const EFFECTS: Readonly<Record<number, (fields: Fields) => Effect>> = {
  1: fields => {
    const stand = fields.text();
    const lines = fields.list(line => {
      line.drop(1); // product
      const [quantity, unitMinor] = [line.int(1), line.int()];
      line.drop(1); // list price
      const [taxRateBp, depositMinor] = [line.uint(), line.int()];
      line.end();
      return { quantity, unitMinor, taxRateBp, depositMinor };
    });
    const [totalMinor, bonusMinor] = [fields.int(), fields.uint()];
    fields.drop(1); // approved by
    return { kind: 'purchase', stand, lines, totalMinor, bonusMinor };
  },
  2: fields => ({
    kind: 'cash-topup',
    amountMinor: fields.uint(),
    tender: fields.word(['cash', 'card']),
  }),
  3: fields => ({
    kind: 'credit-load',
    from: fields.uint(),
    to: fields.int(1),
    mainMinor: fields.uint(),
    bonusMinor: fields.uint(),
  }),
  4: fields => {
    const of = tapRef(fields).text;
    uuid(fields);
    return { kind: 'reversal', of, mainMinor: fields.int(), bonusMinor: fields.uint() };
  },
  5: fields => ({ kind: 'cash-out', amountMinor: fields.uint() }),
  6: fields => {
    fields.drop(1); // age class
    return { kind: 'issue' };
  },
};

/** The chart of accounts by family number: its name, and what stands behind the colon. */
const FAMILIES: Readonly<Record<number, readonly [name: string, of: 'wallet' | 'name' | null]>> = {
  1: ['wallet-main', 'wallet'],
  2: ['wallet-bonus', 'wallet'],
  3: ['cash', 'name'],
  4: ['card-clearing', null],
  5: ['online-clearing', null],
  6: ['promotion', null],
  7: ['revenue', 'name'],
  8: ['tax', 'name'],
  9: ['deposit', null],
  10: ['breakage', null],
  11: ['fraud-loss', null],
  12: ['unattributed', null],
  13: ['topup-suspense', null],
  14: ['cashout-payable', null],
  15: ['sale-in-progress', null],
};

/** Read as they stand: whether they sum to zero is for a check to say. */
function postingLines(fields: Fields): Lines {
  const lines = new Map<string, number>();
  fields.list(line => {
    const family = line.uint();
    const [name, of] = FAMILIES[family] ?? malformed('a posting', `an unknown account ${family}`);
    const owner = of === 'wallet' ? `:${line.hex(8)}` : of === 'name' ? `:${line.text()}` : '';
    lines.set(name + owner, (lines.get(name + owner) ?? 0) + line.int());
    line.end();
  });
  return lines;
}

/** What an image says, big endian: counter u16, nonce u16 · balance u24, key set u8 · bonus u24, credit number u8 · MAC. */
export interface Image {
  readonly counter: number;
  readonly mainMinor: number;
  readonly bonusMinor: number;
  readonly creditNumber: number;
}

export function readImage(hex: string): Image {
  const at = (from: number, to: number) => Number.parseInt(hex.slice(2 * from, 2 * to), 16);
  return { counter: at(0, 2), mainMinor: at(4, 7), bonusMinor: at(8, 11), creditNumber: at(11, 12) };
}
