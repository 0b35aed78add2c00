/** The views over SQLite: one indexed query each. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type {
  BoxId,
  ChipUid,
  Generation,
  Seq,
  TapId,
  TapRef,
  TillId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import { hexBytes, hexText, plain, uuidText } from './blob.ts';
import type { Database } from './database.ts';
import type { Epochs } from './epochs.ts';
import type { Ledger } from './ledger.ts';
import type { Taps } from './projection/tap.ts';
import type { BlockReason, CloudSettlement, PendingTap, TapRecord, TapState, Views } from './views.ts';

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

interface SumRow {
  readonly number: number;
  readonly main: number;
  readonly bonus: number;
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
  const pending = db.prepare<[number], PendingRow>('SELECT * FROM pending_tap ORDER BY at LIMIT ?');
  const pendingOf = db.prepare<[Uint8Array], PendingRow>(
    'SELECT * FROM pending_tap WHERE uid = ? ORDER BY at',
  );
  const pendingCount = db.prepare<[], number>('SELECT count(*) FROM pending_tap').pluck();
  const seen = db.prepare<[Uint8Array], SeenRow>(
    'SELECT wallet, generation, image, counter, last_at AS lastAt FROM wallet_seen WHERE uid = ?',
  );
  const sumsAt = db.prepare<[Uint8Array, number, number], SumRow>(
    `SELECT number, main_sum_minor AS main, bonus_sum_minor AS bonus FROM cloud_wallet
     WHERE wallet = ? AND generation = ? AND number <= ? ORDER BY number DESC LIMIT 1`,
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

  const record = (at: number, state?: TapState): TapRecord | undefined => {
    const entry = taps.entryAt(at);
    if (entry?.kind !== 'tap') return undefined;
    const known = state ?? taps.stateAt(entry.body.tap, at);
    return known === undefined ? undefined : { ref: refOf(at), entry, state: known };
  };

  const sums = (wallet: WalletId, generation: Generation, number: number): SumRow =>
    sumsAt.get(hexBytes(wallet), generation, number) ?? { number: 0, main: 0, bonus: 0 };

  return {
    tapAnswer: (tap, request) => {
      const latest = taps.latest(tap);
      if (latest === undefined) return undefined;
      const first = request === undefined ? undefined : ledger.requestAt(latest.at);
      if (request !== undefined && first !== undefined && !equalBytes(first, request)) {
        throw new Fault('tap-id-reused', 'Give each tap an id of its own: this one was another request.', {
          detail: { tap },
        });
      }
      return record(latest.at, latest.state);
    },
    tapAt: ref => {
      const at = ref.box === box ? epochs.at(ref.epoch, ref.seq) : undefined;
      return at === undefined ? undefined : record(at);
    },
    pendingOf: uid => pendingOf.all(hexBytes(uid)).map(pendingTap),
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
    creditsAfter: (wallet, generation, number) => {
      const had = sums(wallet, generation, number);
      const has = sums(wallet, generation, 255);
      // A chip that says it loaded more than there is: nothing is due until the cloud's journal caught up.
      return had.number === has.number
        ? { to: number, mainMinor: 0, bonusMinor: 0 }
        : { to: has.number, mainMinor: has.main - had.main, bonusMinor: has.bonus - had.bonus };
    },
    blocked: (uid, wallet, generation) => blocked.get(hexBytes(wallet), generation, hexBytes(uid)),
    tillTotals: till => new Map(totals.all(till).map(({ account, amountMinor }) => [account, amountMinor])),
    cloudSettlement: ref => {
      const row = settlement.get(ref.box, ref.epoch, ref.seq);
      return row && { ...row, tap: uuidText(row.tap) as TapId };
    },
  };
}
