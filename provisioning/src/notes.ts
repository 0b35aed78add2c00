/**
 * What was made and not yet reported, in a file that only grows. A wristband stands here before its chip is touched and again when it is
 * done, each time on disk before anything else happens; so whatever is cut, the next run knows what to report and which chip may be half
 * made. Nothing secret is in it.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { ChipUid, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { Wristband } from '@pulsera/firmware-protocol/wristband';
import { z } from 'zod';
import type { ReportPlace } from './report.ts';

const Line = z.discriminatedUnion('kind', [
  /** The first: whose wristbands these are. */
  z.strictObject({ kind: z.literal('event'), tenantId: TenantId, eventId: EventId }),
  z.strictObject({ kind: z.literal('begun'), wristband: Wristband }),
  z.strictObject({ kind: z.literal('made'), wristband: Wristband }),
  /** Begun, and found to be none that can be made. */
  z.strictObject({ kind: z.literal('aside'), uid: ChipUid, why: z.string() }),
  z.strictObject({ kind: z.literal('reported'), uids: z.array(ChipUid) }),
  z.strictObject({ kind: z.literal('refused'), uid: ChipUid, why: z.string() }),
]);
type Line = z.infer<typeof Line>;

type Noted = { readonly state: 'begun' | 'made' | 'reported' | 'refused'; readonly wristband: Wristband };

export interface Notes {
  readonly file: string;
  /** Made, and the cloud doesn't know. */
  waiting(): Wristband[];
  /** Begun and never finished: their chips may be half made. */
  unfinished(): Wristband[];
  stateOf(uid: ChipUid): Noted['state'] | undefined;
  begun(wristband: Wristband): void;
  made(wristband: Wristband): void;
  aside(uid: ChipUid, why: string): void;
  reported(uids: readonly ChipUid[]): void;
  refused(uid: ChipUid, why: string): void;
  close(): void;
}

/** Each call returns when it is on disk. @throws Fault `notes-damaged`, `notes-foreign` */
export function openNotes(file: string, place: ReportPlace): Notes {
  const isNew = !existsSync(file);
  const handle = openSync(file, 'a+', 0o600);
  try {
    const { lines, goodBytes } = readLines(file);
    // A line that a cut left half written was never acted on.
    ftruncateSync(handle, goodBytes);
    if (isNew) syncFolder(file);
    const known = new Map<ChipUid, Noted>();
    for (const line of lines) take(known, line, place, file);
    const write = (line: Line): void => {
      writeSync(handle, `${JSON.stringify(line)}\n`);
      fsyncSync(handle);
      take(known, line, place, file);
    };
    if (lines.length === 0) write({ kind: 'event', ...place });
    const inState = (state: Noted['state']) =>
      [...known.values()].filter(noted => noted.state === state).map(({ wristband }) => wristband);
    return {
      file,
      waiting: () => inState('made'),
      unfinished: () => inState('begun'),
      stateOf: uid => known.get(uid)?.state,
      begun: wristband => write({ kind: 'begun', wristband }),
      made: wristband => write({ kind: 'made', wristband }),
      aside: (uid, why) => write({ kind: 'aside', uid, why }),
      reported: uids => {
        if (uids.length > 0) write({ kind: 'reported', uids: [...uids] });
      },
      refused: (uid, why) => write({ kind: 'refused', uid, why }),
      close: () => closeSync(handle),
    };
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

function take(known: Map<ChipUid, Noted>, line: Line, place: ReportPlace, file: string): void {
  switch (line.kind) {
    case 'event':
      if (line.tenantId === place.tenantId && line.eventId === place.eventId) return;
      throw new Fault(
        'notes-foreign',
        `Move ${file} away and keep it: it is about the wristbands of another event.`,
        {
          detail: { event: place.eventId, found: line.eventId },
        },
      );
    case 'begun': {
      // Held there again when it was done already: what is known of it stays.
      const state = known.get(line.wristband.uid)?.state;
      if (state === undefined || state === 'begun')
        known.set(line.wristband.uid, { state: 'begun', wristband: line.wristband });
      return;
    }
    case 'made':
      known.set(line.wristband.uid, { state: 'made', wristband: line.wristband });
      return;
    case 'aside':
      if (known.get(line.uid)?.state === 'begun') known.delete(line.uid);
      return;
    case 'reported':
      for (const uid of line.uids) turn(known, uid, 'reported');
      return;
    case 'refused':
      turn(known, line.uid, 'refused');
      return;
  }
}

function turn(known: Map<ChipUid, Noted>, uid: ChipUid, state: Noted['state']): void {
  const noted = known.get(uid);
  if (noted !== undefined) known.set(uid, { ...noted, state });
}

function readLines(file: string): { readonly lines: Line[]; readonly goodBytes: number } {
  const content = readFileSync(file);
  const goodBytes = content.lastIndexOf(0x0a) + 1;
  const texts = content.subarray(0, goodBytes).toString('utf8').split('\n').slice(0, -1);
  const lines = texts.map((text, i) => {
    try {
      return Line.parse(JSON.parse(text));
    } catch (cause) {
      throw new Fault(
        'notes-damaged',
        `Keep ${file} and correct its line ${i + 1}, or move it away and hold each wristband to the reader again.`,
        {
          cause,
          detail: { line: i + 1 },
        },
      );
    }
  });
  return { lines, goodBytes };
}

/** The new name is on disk only when its folder is. */
function syncFolder(file: string): void {
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
