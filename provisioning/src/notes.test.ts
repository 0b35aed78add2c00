import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { Wristband } from '@pulsera/firmware-protocol/wristband';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Notes, openNotes } from './notes.ts';

const PLACE = { tenantId: TenantId.parse(1), eventId: EventId.parse(7) };
const fault = (code: string) => expect.objectContaining({ name: 'Fault', code });
const wristband = (n: number): Wristband =>
  Wristband.parse({
    uid: `04${String(n).padStart(12, '0')}`,
    wallet: String(n).padStart(16, '0'),
    generation: 1,
    ageClass: 0,
    keySet: 1,
    rootImage: '00'.repeat(20),
  });

let folder: string;
let file: string;
let open: Notes[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsera-notes-'));
  file = join(folder, 'wristbands.jsonl');
});
afterEach(() => {
  for (const notes of open) notes.close();
  open = [];
  rmSync(folder, { recursive: true });
});

function notesAt(path = file): Notes {
  const notes = openNotes(path, PLACE);
  open.push(notes);
  return notes;
}

it('knows after a cut what to report and which chip may be half made', () => {
  const notes = notesAt();
  for (const n of [1, 2, 3, 4]) notes.begun(wristband(n));
  for (const n of [1, 2]) notes.made(wristband(n));
  notes.reported([wristband(1).uid]);
  notes.aside(wristband(4).uid, 'foreign');
  const later = notesAt();
  expect(later.waiting()).toEqual([wristband(2)]);
  expect(later.unfinished()).toEqual([wristband(3)]);
  expect([1, 2, 3, 4].map(n => later.stateOf(wristband(n).uid))).toEqual([
    'reported',
    'made',
    'begun',
    undefined,
  ]);
});

it('a wristband held there again after it was done stays done', () => {
  const notes = notesAt();
  notes.begun(wristband(1));
  notes.made(wristband(1));
  notes.begun({ ...wristband(1), wallet: wristband(9).wallet });
  notes.aside(wristband(1).uid, 'in-use');
  expect(notesAt().waiting()).toEqual([wristband(1)]);
});

it('cut at any byte it opens again, and has lost at most the line that was being written', () => {
  const notes = notesAt();
  const known: { bytes: number; made: number }[] = [];
  for (let n = 1; n <= 5; n++) {
    notes.begun(wristband(n));
    notes.made(wristband(n));
    known.push({ bytes: readFileSync(file).length, made: n });
  }
  const whole = readFileSync(file);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length }), cut => {
      const path = join(folder, 'cut.jsonl');
      writeFileSync(path, whole.subarray(0, cut));
      const after = openNotes(path, PLACE);
      const safe = known.findLast(({ bytes }) => bytes <= cut)?.made ?? 0;
      expect(after.waiting().length).toBe(safe);
      // And it goes on from there.
      after.begun(wristband(99));
      after.made(wristband(99));
      after.close();
      const again = openNotes(path, PLACE);
      expect(again.waiting()).toContainEqual(wristband(99));
      again.close();
    }),
  );
});

it('refuses notes of another event, and names the line it can not read', () => {
  notesAt();
  expect(() => openNotes(file, { ...PLACE, eventId: EventId.parse(8) })).toThrow(fault('notes-foreign'));
  appendFileSync(file, 'no JSON\n');
  expect(() => openNotes(file, PLACE)).toThrow(
    expect.objectContaining({ code: 'notes-damaged', detail: { line: 2 } }),
  );
});
