/**
 * When all is mended and drained: is everything there, exactly once? The event is exported and audited as anybody could do it, its journals are
 * compared with those on the boxes' disks, and with what the people at the tills saw. @see contradictions, and the rehearsal's auditor
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { openReader } from '@pulsera/edge-node/journal/database';
import { PROJECTED_TABLES } from '@pulsera/edge-node/journal/projection/projections';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { type Item, readArchive, refText } from '../audit/archive.ts';
import { audit } from '../audit/audit.ts';
import { readEntry } from '../audit/entry.ts';
import { report } from '../audit/report.ts';
import { edgeCommand } from '../real/edge-process.ts';
import type { CloudRows } from '../rehearsal/auditor/seen.ts';
import type { Crowd } from './crowd.ts';
import { drained } from './drained.ts';
import { contradictions, type HeldEntry } from './exactly-once.ts';
import type { RealBox } from './real-box.ts';
import type { Site } from './site.ts';
import type { Witness } from './witness.ts';

/** Behind 4 pages of the maker's and 24 bytes of ours, 20 bytes each: docs/wire.md. */
const SLOTS = [40, 60] as const;
const SLOT_BYTES = 20;

/** What the export said, and what was found wrong in it. */
export interface Verdict {
  readonly problems: readonly string[];
  /** In the cloud, by journal: `box 1`, `cloud`. */
  readonly entries: Readonly<Record<string, number>>;
  readonly cases: number;
}

/** @param folder where the archive is kept. Ends the boxes. What the auditor finds it tells the witness. */
export async function judge(site: Site, folder: string, witness: Witness): Promise<Verdict> {
  const { organizer, event, boxes, clerks, payments, crowd } = site;
  const problems = await pendingAt(boxes);
  await organizer.call('POST', `${event.path}/journals/complete`);
  // That may have written something, which boxes then obey.
  await drained(site);
  const archive = join(folder, `pulsera-event-${event.eventId}.cbor.gz`);
  await pipeline(await organizer.download(`${event.path}/export`), createWriteStream(archive));
  const audited = await audit(readArchive(archive), true);
  if (!audited.findings.holds) problems.push(report(audited));

  const rows = await readRows(archive);
  problems.push(...(await Promise.all(boxes.map(box => byItsOwnCommands(box, witness)))).flat());
  witness.tell({ kind: 'cloud', rows });
  tellChips(crowd, witness);
  witness.end();
  const taps = clerks.flatMap(clerk => clerk.taps);
  const cases = rows.cases.map(({ kind, uid }) => `${kind} of ${uid}`);
  problems.push(...contradictions({ taps, payments: payments.made, held: heldIn(rows), cases }));
  return { problems, entries: entriesOf(rows), cases: cases.length };
}

async function pendingAt(boxes: readonly RealBox[]): Promise<string[]> {
  const healths = await Promise.all(boxes.map(async box => ({ box, health: await box.health() })));
  return healths.flatMap(({ box, health }) => {
    const pending = health?.journal.pendingTaps;
    return pending === 0 ? [] : [`box ${box.number} has ${pending} taps pending when all is over`];
  });
}

/** Stopped, it is verified, and its projections are compared with those made anew. */
async function byItsOwnCommands(box: RealBox, witness: Witness): Promise<string[]> {
  await box.end('stop');
  try {
    await edgeCommand('verify', box.config);
    const live = projectionsOf(box);
    await edgeCommand('rebuild', box.config);
    witness.tell({ kind: 'projection', of: `box ${box.number}`, live, rebuilt: projectionsOf(box) });
    return [];
  } catch (error) {
    return [`box ${box.number}: ${error instanceof Error ? error.message : error}`];
  }
}

function projectionsOf({ dataDir }: RealBox): Record<string, unknown> {
  const db = openReader(boxFiles(dataDir).journal);
  try {
    return Object.fromEntries(
      PROJECTED_TABLES.map(table => [
        table,
        db.prepare(`SELECT * FROM ${table}`).all().map(plainRow).toSorted(),
      ]),
    );
  } finally {
    db.close();
  }
}

/** A row as text, so that rows can be told apart and sorted. */
function plainRow(row: unknown): string {
  return JSON.stringify(row);
}

function tellChips({ guests }: Crowd, witness: Witness): void {
  for (const { chip, wristband } of guests) {
    const { memory } = chip.image();
    const [first, second] = SLOTS.map(from => toHex(memory.slice(from, from + SLOT_BYTES)));
    if (first === undefined || second === undefined) throw new RangeError('a wristband has two slots');
    witness.tell({ kind: 'chip', uid: wristband.uid, thing: wristband.uid, slots: [first, second] });
  }
}

async function readRows(archive: string): Promise<CloudRows> {
  const journals: { box: number; epoch: number; contents: Uint8Array[]; checkpointSeq: number | null }[] = [];
  const quarantined: CloudRows['quarantined'][number][] = [];
  const balances: Record<string, number> = {};
  const cases: CloudRows['cases'][number][] = [];
  for await (const item of readArchive(archive)) {
    switch (item.type) {
      case 'journal':
        journals.push({ ...placeOf(item), contents: [], checkpointSeq: checkpointSeq(item) });
        break;
      case 'entries':
        journals.at(-1)?.contents.push(...item.contents);
        break;
      case 'quarantine':
        quarantined.push(placeOf(item));
        break;
      case 'balance':
        balances[item.account] = item.amountMinor;
        break;
      case 'case': {
        const { kind, uid, refs, lossBoundMinor } = item;
        cases.push({ kind, uid, refs, lossBoundMinor });
        break;
      }
    }
  }
  return { journals, quarantined, balances, cases };
}

const placeOf = ({ box, epoch }: { readonly box: number; readonly epoch: number }) => ({ box, epoch });

/** Its signature was checked by the audit. */
function checkpointSeq({ checkpoint }: Extract<Item, { type: 'journal' }>): number | null {
  return checkpoint && openHead('pulsera/checkpoint', checkpoint, () => true).seq;
}

function heldIn({ journals }: CloudRows): HeldEntry[] {
  return journals.flatMap(({ box, epoch, contents }) =>
    contents.map((content, i) => {
      const ref = refText(box, epoch, i + 1);
      return { ref, read: readEntry(content, i + 1, `entry ${ref}`) };
    }),
  );
}

function entriesOf({ journals }: CloudRows): Record<string, number> {
  return Object.fromEntries(
    journals.map(({ box, contents }) => [box === 0 ? 'cloud' : `box ${box}`, contents.length]),
  );
}
