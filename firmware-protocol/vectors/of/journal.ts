/** Entries of every kind in a chain, signed heads, and the batch they are sent in. */
import { getPublicKey, hashes, sign } from '@noble/ed25519';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { toHex } from '../../src/bytes.ts';
import type {
  BoxId,
  ChipUid,
  Epoch,
  EventId,
  Generation,
  KeySetNumber,
  OperatorId,
  PlanVersion,
  ProductId,
  SaleId,
  Seq,
  ShiftId,
  StandId,
  TapId,
  TillId,
  WalletId,
} from '../../src/ids.ts';
import { entryHash, genesis } from '../../src/journal/chain.ts';
import { peek1 } from '../../src/journal/cose.ts';
import type { Effect } from '../../src/journal/effect.ts';
import { type Draft, encodeEntry, type Entry } from '../../src/journal/entry.ts';
import { type Head, signHead } from '../../src/journal/head.ts';
import { accounts } from '../../src/money/account.ts';
import { postings } from '../../src/money/posting.ts';
import { books } from '../../src/purse/books.ts';
import { encodeBatch } from '../../src/wire/batch.ts';

hashes.sha512 = sha512;

const EVENT = 4242 as EventId;
const BOX = 3 as BoxId;
const EPOCH = 1 as Epoch;
const till = 'bar-1' as TillId;
const operator = 'ann' as OperatorId;
const uid = '04a1b2c3d4e5f6' as ChipUid;
const wallet = '0123456789abcdef' as WalletId;
const generation = 1 as Generation;
const shift = '11111111-2222-4333-8444-555555555555' as ShiftId;
const of = { box: BOX, epoch: EPOCH, seq: 3 as Seq };
const tapId = (last: string) => `00000000-0000-4000-8000-00000000000${last}` as TapId;
const slot = (fill: number) => new Uint8Array(20).fill(fill);

const purchase: Effect = {
  kind: 'purchase',
  stand: 'main-bar' as StandId,
  lines: [
    {
      product: 'lager' as ProductId,
      quantity: 2,
      unitMinor: 433,
      listMinor: null,
      taxRateBp: 2000,
      depositMinor: 200,
    },
    {
      product: 'soda' as ProductId,
      quantity: 1,
      unitMinor: 300,
      listMinor: 350,
      taxRateBp: 700,
      depositMinor: 0,
    },
    {
      product: 'cup-back' as ProductId,
      quantity: 1,
      unitMinor: 0,
      listMinor: null,
      taxRateBp: 0,
      depositMinor: -200,
    },
  ],
  totalMinor: 1366,
  bonusMinor: 66,
  approvedBy: 'eve' as OperatorId,
};
const load: Effect = { kind: 'credit-load', from: 0, to: 2, mainMinor: 3000, bonusMinor: 500 };
const topUp: Effect = { kind: 'cash-topup', amountMinor: 5000, tender: 'cash' };
const sold = books([purchase], wallet, till);
const reversal: Effect = { kind: 'reversal', of, ofTap: tapId('1'), mainMinor: 1300, bonusMinor: 66 };

const tap = (id: string, effects: readonly Effect[], undone = postings()): Draft => ({
  kind: 'tap',
  body: {
    tap: tapId(id),
    sale: effects.some(({ kind }) => kind === 'purchase')
      ? ('99999999-0000-4000-8000-000000000001' as SaleId)
      : null,
    till,
    operator,
    shift,
    plan: 7 as PlanVersion,
    cloudSeq: 12 as Seq,
    via: 'box',
    uid,
    wallet,
    generation,
    slot0: slot(0xa0),
    slot1: slot(0),
    from: 0,
    after: slot(0xa1),
    effects,
    ...books(effects, wallet, till, undone),
  },
});

const DRAFTS: readonly Draft[] = [
  { kind: 'plan-applied', body: { plan: 7 as PlanVersion, hash: new Uint8Array(32).fill(7) } },
  { kind: 'shift-opened', body: { shift, till, operator, floatMinor: 10_000 } },
  tap('1', [load, purchase]),
  { kind: 'settlement', body: { of, tap: tapId('1'), uid, outcome: 'posted', evidence: 'read-back' } },
  tap('2', [topUp]),
  {
    kind: 'settlement',
    body: { of: { ...of, seq: 5 as Seq }, tap: tapId('2'), uid, outcome: 'abandoned', evidence: 'none' },
  },
  tap('3', [reversal], sold.posted),
  tap('4', [{ kind: 'cash-out', amountMinor: 1000 }]),
  {
    kind: 'drawer-paid',
    body: {
      of: { ...of, seq: 8 as Seq },
      tap: tapId('4'),
      till,
      operator: null,
      postings: postings([accounts.cashoutPayable, 1000], [accounts.cash(till), -1000]),
    },
  },
  tap('5', [{ kind: 'issue', ageClass: 18 }]),
  {
    kind: 'shift-closed',
    body: {
      shift,
      till,
      operator,
      countedMinor: 14_010,
      expectedMinor: 14_000,
      postings: postings([accounts.cash(till), 10], [accounts.unattributed, -10]),
    },
  },
  { kind: 'cloud-cursor', body: { seq: 12 as Seq, hash: new Uint8Array(32).fill(9) } },
  { kind: 'clock-jump', body: { fromMs: 1_784_318_400_000, toMs: 1_784_314_800_000 } },
  {
    kind: 'fault',
    body: { code: 'printer-out-of-paper', till: null, message: 'Legen Sie Papier ein \u2013 danke.' },
  },
  { kind: 'cap-extended', body: { cap: 'box-offline', byMinor: 500_000, approvedBy: operator } },
  {
    kind: 'issued',
    body: { uid, wallet, generation, ageClass: 18, keySet: 1 as KeySetNumber, root: slot(0xa0) },
  },
  {
    kind: 'credited',
    body: {
      wallet,
      generation,
      number: 1,
      mainMinor: 3000,
      bonusMinor: 500,
      source: 'online',
      reference: 'payment-1',
      postings: postings(
        [accounts.onlineClearing, 3000],
        [accounts.promotion, 500],
        [accounts.walletMain(wallet), -3000],
        [accounts.walletBonus(wallet), -500],
      ),
    },
  },
  { kind: 'blocked', body: { uid, wallet, generation, reason: 'fork' } },
  {
    kind: 'replaced',
    body: {
      wallet,
      fromUid: uid,
      toUid: '04a1b2c3d4e5f7' as ChipUid,
      fromGeneration: generation,
      toGeneration: 2 as Generation,
    },
  },
  { kind: 'box-revoked', body: { box: BOX, epoch: EPOCH, seq: 19 as Seq } },
  { kind: 'reversal-withdrawn', body: { of, tap: tapId('1') } },
  {
    kind: 'reversal-granted',
    body: {
      of,
      tap: tapId('1'),
      to: 4 as BoxId,
      uid,
      mainMinor: 1300,
      bonusMinor: 66,
      undone: sold.posted,
    },
  },
];

interface Chained {
  readonly entry: Entry;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

function chained(): Chained[] {
  let hash = genesis(EVENT, BOX, EPOCH, sha256);
  return DRAFTS.map((draft, i) => {
    const entry: Entry = {
      seq: (i + 1) as Seq,
      wallMs: 1_784_318_400_000 + i,
      monoMs: 1000 + i,
      boot: 2,
      ...draft,
    };
    const content = encodeEntry(entry);
    hash = entryHash(hash, content, sha256);
    return { entry, content, hash };
  });
}

/** Byte strings as hex, so that JSON can hold them. */
const readable = (_: string, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value);
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value, readable));

/** Contents that must be rejected, with the offset at which they stop making sense. */
function malformed(): { what: string; content: string; offset: number }[] {
  const [, , , settlement] = chained();
  const good = toHex(settlement?.content ?? new Uint8Array(0));
  const length = good.length / 2;
  return [
    { what: 'version 2', content: `${good.slice(0, 2)}02${good.slice(4)}`, offset: 1 },
    { what: 'kind 11', content: `${good.slice(0, 4)}0b${good.slice(6)}`, offset: 2 },
    { what: 'an array of eight', content: `88${good.slice(2)}`, offset: 0 },
    { what: 'the version in two bytes', content: `${good.slice(0, 2)}1801${good.slice(4)}`, offset: 1 },
    { what: 'the last byte missing', content: good.slice(0, -2), offset: length - 1 },
    { what: 'a byte too many', content: `${good}00`, offset: length },
    { what: 'an unknown evidence', content: `${good.slice(0, -2)}06`, offset: length - 1 },
  ];
}

export function entries() {
  return {
    description:
      'A journal with an entry of every kind. content is the CBOR array [version, kind, seq, wallMs, monoMs, boot, body]; hash is SHA-256 over 82 58 20, the hash of the entry before (of the first: genesis), and content. In fields, byte strings are hex. malformed lists contents that a reader must reject, with the offset at which they stop making sense.',
    event: EVENT,
    box: BOX,
    epoch: EPOCH,
    genesis: toHex(genesis(EVENT, BOX, EPOCH, sha256)),
    entries: chained().map(({ entry, content, hash }) => ({
      fields: asJson(entry),
      content: toHex(content),
      hash: toHex(hash),
    })),
    malformed: malformed(),
  };
}

const seed = (fill: number) => new Uint8Array(32).fill(fill);

export function heads() {
  const end = chained().at(-1);
  const full: Head = {
    event: EVENT,
    box: BOX,
    epoch: EPOCH,
    seq: DRAFTS.length as Seq,
    hash: end?.hash ?? seed(0),
    wallMs: 1_784_318_500_000,
  };
  const empty: Head = { ...full, seq: 0 as Seq, hash: genesis(EVENT, BOX, EPOCH, sha256) };
  const signed = (purpose: 'pulsera/head' | 'pulsera/checkpoint', head: Head, keySeed: Uint8Array) => {
    let toBeSigned = '';
    const message = signHead(purpose, head, bytes => {
      toBeSigned = toHex(bytes);
      return sign(bytes, keySeed);
    });
    return {
      purpose,
      fields: asJson(head),
      seed: toHex(keySeed),
      publicKey: toHex(getPublicKey(keySeed)),
      payload: toHex(peek1(message).payload),
      toBeSigned,
      message: toHex(message),
    };
  };
  return {
    description:
      'Signed heads and checkpoints: COSE_Sign1 (RFC 9052), Ed25519 (alg -8), tag 18, key id = box number (checkpoints: 0) in two bytes. payload is the CBOR array [event, box, epoch, seq, hash, wallMs]; toBeSigned is the Sig_structure with the purpose as external_aad. seed is the RFC 8032 private key.',
    heads: [
      signed('pulsera/head', full, seed(0x11)),
      signed('pulsera/head', empty, seed(0x11)),
      signed('pulsera/checkpoint', full, seed(0x22)),
    ],
  };
}

export function batches() {
  const all = chained();
  const start = genesis(EVENT, BOX, EPOCH, sha256);
  const batch = (fromSeq: number, toSeq: number) => {
    const [before, last] = [all[fromSeq - 2]?.hash ?? start, all[toSeq - 1]?.hash ?? start];
    const head: Head = {
      event: EVENT,
      box: BOX,
      epoch: EPOCH,
      seq: toSeq as Seq,
      hash: last,
      wallMs: 1_784_318_500_000,
    };
    const message = signHead('pulsera/head', head, bytes => sign(bytes, seed(0x11)));
    const contents = all.slice(fromSeq - 1, toSeq).map(({ content }) => content);
    const fields = {
      event: EVENT,
      box: BOX,
      epoch: EPOCH,
      fromSeq: fromSeq as Seq,
      before,
      contents,
      head: message,
    };
    return { fields: asJson(fields), bytes: toHex(encodeBatch(fields)) };
  };
  return {
    description:
      'Sync batches: the CBOR array [version 1, event, box, epoch, fromSeq, hash before fromSeq, [content, ...], head], of the journal in entries.json, signed by the key in heads.json.',
    batches: [batch(1, 4), batch(5, 5), batch(1, all.length)],
  };
}
