/**
 * A projection is a table that follows from the entries: applied in the same transaction as they are written, thrown away and
 * rebuilt at will. To be rebuilt alike it may look at nothing but the fact and its own tables.
 */
import type { BoxId, Epoch, TillId } from '@pulsera/firmware-protocol/ids';
import type { Entry, TapBody } from '@pulsera/firmware-protocol/journal/entry';
import type { Postings } from '@pulsera/firmware-protocol/money/posting';
import type { Database } from '../database.ts';
import type { TapState } from '../views.ts';

/** What an entry did to one tap of this box. `new`: there was none before. */
export interface TapChange {
  /** Place of the tap's entry among all entries. */
  readonly at: number;
  readonly tap: TapBody;
  readonly from: TapState | 'new';
  readonly to: TapState;
  /** Whether its till had given up on it, before this entry and now. */
  readonly wasAbandoned: boolean;
  readonly isAbandoned: boolean;
}

/** One entry in the order it was obeyed. The cloud's come right before the `cloud-cursor` that took them in. */
export interface Fact {
  readonly journal: 'own' | 'cloud';
  /** Place among all our entries; 0 for the cloud's. */
  readonly at: number;
  /** Our epoch; 0 for the cloud's. */
  readonly epoch: Epoch | 0;
  readonly entry: Entry;
  /** Set when the entry is a tap of this box, or settles one. */
  readonly change?: TapChange;
  /** What it books at which till: worked out once, since more than one projection asks. */
  readonly booked?: { readonly till: TillId; readonly lines: Postings } | undefined;
}

export interface Projection {
  readonly tables: readonly string[];
  readonly schema: string;
  /** Prepares the statements once. @param box whose journal it is */
  on(db: Database, box: BoxId): (fact: Fact) => void;
}
