/** A rehearsed night that a test plays by hand: who comes, what they buy and what strikes, and then all that auditors make of it. */
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import { rowsOf } from '../../src/rehearsal/archive.ts';
import { auditArchive } from '../../src/rehearsal/auditor/archived.ts';
import { Auditor } from '../../src/rehearsal/auditor/auditor.ts';
import type { Finding } from '../../src/rehearsal/auditor/finding.ts';
import type { Notebook } from '../../src/rehearsal/auditor/notebook.ts';
import type { CloudRows } from '../../src/rehearsal/auditor/seen.ts';
import { closeNight, showEnd } from '../../src/rehearsal/closing.ts';
import type { Holder } from '../../src/rehearsal/holding-out.ts';
import { Life } from '../../src/rehearsal/life.ts';
import { QUIET } from '../../src/rehearsal/setting.ts';
import { type Post, Site } from '../../src/rehearsal/site.ts';
import type { Kind } from '../../src/rehearsal/trouble/strike.ts';
import { visit } from '../../src/rehearsal/visit.ts';
import { boardMinor } from '../../src/rehearsal/workload/board.ts';
import { arrived, PATIENT } from './arrived.ts';

export interface Ended {
  readonly findings: readonly Finding[];
  readonly rows: CloudRows;
  readonly notebook: Notebook;
}

/** Boxes get their plan. */
const MORNING_MS = 5_000;
/** Journals reach the cloud, and what it says comes back. */
const SYNCS_MS = 3_000;

/** @param play runs in virtual time, between the doors' opening and the end */
export async function byHand(play: (hand: ByHand) => Promise<void>): Promise<Ended> {
  const site = new Site(1, QUIET);
  const auditor = new Auditor();
  site.witness.listen(seen => void auditor.see(seen));
  site.open();
  try {
    const hand = new ByHand(site);
    await site.time.until(site.time.sleep(MORNING_MS));
    await site.time.until(play(hand));
    hand.evening.end();
    site.mend();
    await site.time.until(closeNight(site));
    const items = await site.time.until(showEnd(site));
    auditor.end();
    const findings = [...auditor.findings, ...(await auditArchive(items, site.time.nowMs()))];
    return { findings, rows: rowsOf(items), notebook: auditor.notebook };
  } finally {
    await site.close();
  }
}

export class ByHand {
  readonly site: Site;
  readonly evening: Life;

  constructor(site: Site) {
    this.site = site;
    this.evening = new Life(site.time);
  }

  guest(): Promise<Holder> {
    return arrived(this.site);
  }

  /** @param post of the site's, from 0: two at each box */
  topUp(holder: Holder, amountMinor: number, post = 0): Promise<TapResult> {
    return this.#visit(holder, post, 'topup', { amountMinor, tender: 'cash' }, amountMinor);
  }

  buy(holder: Holder, beers: number, post = 0): Promise<TapResult> {
    const lines = [{ product: 'beer', quantity: beers }];
    const saleId = this.site.chance.uuid('sales');
    return this.#visit(holder, post, 'charge', { saleId, lines }, boardMinor(lines));
  }

  strike<D extends object>(kind: Kind<D>, data: D): Promise<void> {
    return Promise.resolve(kind.play(this.site, data, this.evening));
  }

  pass(ms = SYNCS_MS): Promise<void> {
    return this.site.time.sleep(ms);
  }

  #visit(
    holder: Holder,
    post: number,
    leaf: 'topup' | 'charge',
    fields: object,
    agreedMinor: number,
  ): Promise<TapResult> {
    const tapId = this.site.chance.uuid('taps') as never;
    const request = { tapId, operator: null, shift: null, ...fields };
    const order = { leaf, request, agreedMinor } as const;
    return visit(this.site, this.site.posts[post] as Post, holder, order, PATIENT);
  }
}
