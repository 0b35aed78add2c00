/**
 * When the last guest has gone and everything works again: what is open is settled by one more tap with each wristband that is worn, all
 * journals reach the cloud, staff say that none is missing, and what it all came to is shown to whoever audits it.
 */
import { openMemory } from '@pulsera/edge-node/journal/database';
import { PROJECTED_TABLES } from '@pulsera/edge-node/journal/projection/projections';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Item } from '../audit/archive.ts';
import { rowsOf } from './archive.ts';
import type { Holder } from './holding-out.ts';
import { type Post, type Site, sha256 } from './site.ts';
import { type Manner, visit } from './visit.ts';

const LOOK_MS = 1_000;
/** Backing off at its longest takes a box half a minute. */
const PATIENCE_MS = 600_000;
const MANNER: Manner = { reactionMs: 300, patience: 9, staysMs: PATIENCE_MS, resumes: true };
const LAST_TAP_MINOR = 100;

export async function closeNight(site: Site): Promise<void> {
  await synced(site);
  const [post] = site.posts;
  for (const { name, worn } of site.guests) {
    if (post !== undefined && worn !== undefined) await lastTap(site, post, { ...worn, name });
  }
  await synced(site);
  await site.cloud.complete();
  await synced(site);
}

/** Whatever a tap before it left open is settled by what it finds on the wristband. */
async function lastTap(site: Site, post: Post, holder: Holder): Promise<void> {
  const tapId = site.chance.uuid('last taps') as never;
  const request = { tapId, operator: null, shift: null, amountMinor: LAST_TAP_MINOR, tender: 'cash' };
  await visit(site, post, holder, { leaf: 'topup', request, agreedMinor: LAST_TAP_MINOR }, MANNER);
}

/** Waits until the cloud has all that boxes have, and they obey all that it says; or long enough. */
async function synced({ time, boxes, cloud }: Site): Promise<void> {
  const untilMs = time.nowMs() + PATIENCE_MS;
  for (;;) {
    await time.sleep(LOOK_MS);
    const end = await cloud.end();
    const isDone = boxes.every(box => {
      // What was to befall it may only come now.
      box.start();
      if (!box.isUp) return false;
      const { journal, sync } = box;
      const { lagEntries, cutOffSinceMs } = sync.state();
      return lagEntries === 0 && cutOffSinceMs === null && journal.cloudSeq === end;
    });
    if (isDone || time.nowMs() > untilMs) return;
  }
}

/**
 * What lies there now, told to the auditor, and noted in the trace to the last byte.
 * @returns the event as it would be exported
 */
export async function showEnd({ trace, witness, boxes, guests, cloud }: Site): Promise<readonly Item[]> {
  const items = await cloud.archive();
  const rows = rowsOf(items);
  trace.note('cloud', 'end', { balances: rows.balances, cases: rows.cases });
  for (const box of boxes) {
    const { name, journal } = box;
    for (const { epoch, lastSeq } of journal.epochs()) {
      trace.note(name, 'end', { epoch, seq: lastSeq, head: toHex(journal.headAt(lastSeq, epoch)) });
    }
    const live = projected(box.disk);
    journal.rebuild();
    witness.tell({ kind: 'projection', of: name, live, rebuilt: projected(box.disk) });
  }
  for (const { uid, chip } of guests.flatMap(({ wristbands }) => wristbands)) {
    trace.note(uid, 'chip', { memory: toHex(sha256(chip.image().memory)) });
    witness.tell({ kind: 'chip', uid, thing: uid, slots: slotsOf(chip) });
  }
  witness.tell({ kind: 'cloud', rows });
  return items;
}

/** Every row of every table that is made from the journal. */
function projected(image: Uint8Array): Record<string, unknown> {
  const db = openMemory(image);
  try {
    return Object.fromEntries(PROJECTED_TABLES.map(table => [table, readTable(table)]));
  } finally {
    db.close();
  }
  function readTable(table: string): readonly string[] {
    return db
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map(row => JSON.stringify(row))
      .sort();
  }
}

/** The two images, as hex: behind four pages of the chip's own and the immutable block of 24 bytes (NTAG21x). */
function slotsOf(chip: VirtualChip): readonly [string, string] {
  const { memory } = chip.image();
  return [toHex(memory.subarray(40, 60)), toHex(memory.subarray(60, 80))];
}
