/** The views over SQLite: one indexed query each. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type {
  BoxId,
  ChipUid,
  Generation,
  OperatorId,
  Seq,
  ShiftId,
  TapId,
  TapRef,
  TillId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import { hexBytes, hexText, plain, uuidBytes, uuidText } from './blob.ts';
import type { Database } from './database.ts';
import type { Epochs } from './epochs.ts';
import type { Ledger } from './ledger.ts';
import { Exposures } from './projection/exposure.ts';
import { rights } from './projection/reversal.ts';
import type { Standing, Taps } from './projection/tap.ts';
import type {
  BlockReason,
  CloudSettlement,
  DueCredit,
  Grant,
  PendingTap,
  TapRecord,
  Views,
} from './views.ts';

interface PendingRow {
  readonly at: number;
  readonly tap: Uint8Array;
  readonly uid: Uint8Array;
  readonly wallet: Uint8Array;
  readonly generation: Generation;
  readonly till: TillId;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array;
  readonly abandoned: number;
}

interface SeenRow {
  readonly wallet: Uint8Array;
  readonly generation: Generation;
  readonly image: Uint8Array;
  readonly counter: number;
  readonly lastAt: number | null;
}

interface ShiftRow {
  readonly shift: Uint8Array;
  readonly operator: OperatorId;
  readonly floatMinor: number;
  readonly cashMinor: number;
}

interface SettlementRow {
  readonly tap: Uint8Array;
  readonly outcome: CloudSettlement['outcome'];
  readonly evidence: CloudSettlement['evidence'];
  readonly cloudSeq: Seq;
}

export interface ViewParts {
  readonly db: Database;
  readonly box: BoxId;
  readonly epochs: Epochs;
  readonly ledger: Ledger;
  readonly taps: Taps;
}

export function viewsOf({ db, box, epochs, ledger, taps }: ViewParts): Views {
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  const pending = db.prepare<[number], PendingRow>('SELECT * FROM pending_tap ORDER BY at LIMIT ?');
  // What each tap asks for is put in order here: with an ORDER BY beside a bound value, SQLite prepares a statement anew each time.
  const pendingOf = db.prepare<[Uint8Array], PendingRow>('SELECT * FROM pending_tap WHERE uid = ?');
  const pendingCount = db.prepare<[], number>('SELECT count(*) FROM pending_tap').pluck();
  const seen = db.prepare<[Uint8Array], SeenRow>(
    'SELECT wallet, generation, image, counter, last_at AS lastAt FROM wallet_seen WHERE uid = ?',
  );
  const creditsAfter = db.prepare<[Uint8Array, number, number], DueCredit>(
    `SELECT number, main_minor AS mainMinor, bonus_minor AS bonusMinor FROM cloud_wallet
     WHERE wallet = ? AND generation = ? AND number > ?`,
  );
  const blocked = db
    .prepare<[Uint8Array, number, Uint8Array], BlockReason>(
      `SELECT reason FROM blocked WHERE wallet = ? AND generation = ?
       UNION ALL SELECT reason FROM blocked WHERE uid = ? LIMIT 1`,
    )
    .pluck();
  const totals = db.prepare<[string], { account: Account; amountMinor: number }>(
    'SELECT account, amount_minor AS amountMinor FROM till_total WHERE till = ? ORDER BY account',
  );
  const settlement = db.prepare<[number, number, number], SettlementRow>(
    `SELECT tap, outcome, evidence, cloud_seq AS cloudSeq FROM cloud_settlement
     WHERE box = ? AND epoch = ? AND seq = ?`,
  );
  const reversalOf = db
    .prepare<[number, number, number], Uint8Array>(
      'SELECT tap FROM reversal WHERE box = ? AND epoch = ? AND seq = ? ORDER BY at DESC LIMIT 1',
    )
    .pluck();
  const granted = db
    .prepare<[Uint8Array, number], Uint8Array>(
      `SELECT content FROM cloud_entry WHERE seq =
         (SELECT cloud_seq FROM reversal_right WHERE tap = ? AND holder = ? LIMIT 1)`,
    )
    .pluck();
  const isPaid = db
    .prepare<[number, number, number], number>(
      'SELECT 1 FROM drawer_paid WHERE box = ? AND epoch = ? AND seq = ?',
    )
    .pluck();
  const openShift = db.prepare<[string], ShiftRow>(
    `SELECT shift, operator, float_minor AS floatMinor, cash_minor AS cashMinor
     FROM open_shift WHERE till = ?`,
  );
  const exposures = new Exposures(db);

  const refOf = (at: number): TapRef => ({ box, ...epochs.placeOf(at) });

  const pendingTap = (row: PendingRow): PendingTap => ({
    ref: refOf(row.at),
    tap: uuidText(row.tap) as TapId,
    uid: hexText(row.uid) as ChipUid,
    wallet: hexText(row.wallet) as WalletId,
    generation: row.generation,
    till: row.till,
    before: row.before === null ? null : plain(row.before),
    after: plain(row.after),
    abandoned: row.abandoned !== 0,
  });

  const record = (at: number, standing?: Standing): TapRecord | undefined => {
    const entry = taps.entryAt(at);
    if (entry?.kind !== 'tap') return undefined;
    const { state, abandoned } = standing ?? taps.standingAt(at);
    return { ref: refOf(at), entry, state, abandoned };
  };

  return {
    atOnce: read => {
      begin.run();
      try {
        return read();
      } finally {
        end.run();
      }
    },
    tapAnswer: (tap, request) => {
      const latest = taps.latest(tap);
      if (latest === undefined) return undefined;
      const first = request === undefined ? undefined : ledger.requestAt(latest.at);
      if (request !== undefined && first !== undefined && !equalBytes(first, request)) {
        throw new Fault('tap-id-reused', 'Give each tap an id of its own: this one was another request.', {
          detail: { tap },
        });
      }
      return record(latest.at, latest);
    },
    asked: ({ id, digest }) => {
      const first = ledger.asked(uuidBytes(id));
      if (first === undefined) return undefined;
      if (!equalBytes(first.digest, digest)) {
        throw new Fault(
          'request-id-reused',
          'Give each request an id of its own: this one was another request.',
          {
            detail: { request: id },
          },
        );
      }
      return taps.entryAt(first.at);
    },
    tapAt: ref => {
      const at = ref.box === box ? epochs.at(ref.epoch, ref.seq) : undefined;
      return at === undefined ? undefined : record(at);
    },
    pendingOf: uid =>
      pendingOf
        .all(hexBytes(uid))
        .sort((a, b) => a.at - b.at)
        .map(pendingTap),
    pending: limit => pending.all(limit).map(pendingTap),
    pendingCount: () => pendingCount.get() ?? 0,
    wallet: uid => {
      const row = seen.get(hexBytes(uid));
      return (
        row && {
          wallet: hexText(row.wallet) as WalletId,
          generation: row.generation,
          image: plain(row.image),
          counter: row.counter,
          last: row.lastAt === null ? null : refOf(row.lastAt),
        }
      );
    },
    creditsAfter: (wallet, generation, number) =>
      creditsAfter.all(hexBytes(wallet), generation, number).sort((a, b) => a.number - b.number),
    reversalOf: sale => {
      const tap = reversalOf.get(sale.box, sale.epoch, sale.seq);
      return tap && (uuidText(tap) as TapId);
    },
    reversalRight: rights(db),
    grantOf: tap => {
      const content = granted.get(uuidBytes(tap), box);
      return content && grantIn(content);
    },
    isDrawerPaid: cashOut => isPaid.get(cashOut.box, cashOut.epoch, cashOut.seq) !== undefined,
    openShift: till => {
      const row = openShift.get(till);
      return row && { ...row, shift: uuidText(row.shift) as ShiftId };
    },
    exposure: till => exposures.of(epochs.acknowledgedAt(ledger.checkpoint), till),
    blocked: (uid, wallet, generation) => blocked.get(hexBytes(wallet), generation, hexBytes(uid)),
    tillTotals: till => new Map(totals.all(till).map(({ account, amountMinor }) => [account, amountMinor])),
    cloudSettlement: ref => {
      const row = settlement.get(ref.box, ref.epoch, ref.seq);
      return row && { ...row, tap: uuidText(row.tap) as TapId };
    },
  };
}

/** The entry of the cloud's journal that gave it says all there is to know. */
function grantIn(content: Uint8Array): Grant | undefined {
  const { kind, body } = decodeEntry(plain(content));
  if (kind !== 'reversal-granted') return undefined;
  const { of, uid, mainMinor, bonusMinor, undone } = body;
  return { sale: of, terms: { uid, mainMinor, bonusMinor, undone } };
}
