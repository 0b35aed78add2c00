/**
 * The check at start: the end of the journal is what a crash or a dying disk may have hurt, so the last groups' chain and the last
 * head's signature are verified. Looking at all of it would take longer than a queue at a bar has patience: that is `edge verify`.
 */
import type { BoxId, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { checkChain } from './chain-check.ts';
import type { Database } from './database.ts';
import type { Epochs } from './epochs.ts';
import { checkHead } from './head-check.ts';
import type { Ledger } from './ledger.ts';
import { startOf } from './position.ts';
import { journalDamaged } from './storage-fault.ts';

export interface TailParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly epochs: Epochs;
  readonly event: EventId;
  readonly box: BoxId;
  readonly sha256: Sha256;
  readonly verify: Verify;
  readonly entries: number;
}

/** @returns the last entry's place and hash, or undefined when nothing was ever written. @throws Fault `journal-damaged` */
export function verifyTail(parts: TailParts): { at: number; hash: Uint8Array } | undefined {
  const { db, ledger, epochs, event, box, sha256 } = parts;
  const to = ledger.lastAt();
  if (to === 0) return undefined;
  const { epoch, seq } = epochs.placeOf(to);
  const base = to - seq;
  const heads = db
    .prepare<[], { at: number; signed: Uint8Array }>('SELECT at, signed FROM head ORDER BY at DESC LIMIT 2')
    .all();
  const [last, lastButOne] = heads;
  if (last?.at !== to) throw journalDamaged(seq, 'no signed head stands behind it');
  const from = Math.max(base + 1, Math.min((lastButOne?.at ?? base) + 1, to - parts.entries + 1));
  const before =
    from === base + 1 ? startOf({ event, box }, epoch, sha256).hash : ledger.entry(from - 1)?.hash;
  if (before === undefined) throw journalDamaged(from - 1 - base, 'it is missing');
  const hash = checkChain(db, { table: 'entry', from, to, base, before }, sha256);
  checkHead(last.signed, { event, box, epoch, seq: seq as Seq, hash }, parts.verify);
  return { at: to, hash };
}
