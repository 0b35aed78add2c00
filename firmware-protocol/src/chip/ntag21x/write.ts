/**
 * Writing one slot: one script of WRITEs and a FAST_READ that reads the slot back. Page programming is what a guest
 * waits for, so pages that already hold the right bytes are left alone; and the other slot is never touched, so a
 * chip torn away in the middle still holds its old image.
 */
import { Fault } from '../../fault.ts';
import type { Reader, ScriptResult, Step } from '../../reader/reader.ts';
import { SLOT_BYTES, SLOT_FIRST_PAGE, SLOT_PAGES, type SlotIndex } from './area.ts';
import { ACK, fastRead, NAK, nakCode, write } from './commands.ts';
import { hold } from './hold.ts';
import type { Tear, WriteOutcome } from './outcome.ts';
import { changedPages, type Page, pagesOf } from './pages.ts';

/**
 * Writes the pages in which `after` differs from `before`, and reads the slot back.
 * @param before The 20 bytes which the slot was read to hold. @param after The 20 bytes it shall hold.
 * @param presence That of the `readChip` before it: another one in the field means another tap, maybe another chip.
 * @throws Fault `slot-length-invalid`.
 */
export async function writeSlot(
  reader: Reader,
  slot: SlotIndex,
  before: Uint8Array,
  after: Uint8Array,
  presence?: number,
): Promise<WriteOutcome> {
  requireSlotLength(before);
  requireSlotLength(after);
  return await writePages(reader, changedPages(SLOT_FIRST_PAGE[slot], before, after), slot, after, presence);
}

/**
 * Writes all five pages whatever they seem to hold, and reads them back: a torn page may read well once and decay,
 * so a slot is refreshed before anybody relies on it.
 * @throws Fault `slot-length-invalid`.
 */
export async function rewriteSlot(
  reader: Reader,
  slot: SlotIndex,
  bytes: Uint8Array,
  presence?: number,
): Promise<WriteOutcome> {
  requireSlotLength(bytes);
  return await writePages(reader, pagesOf(SLOT_FIRST_PAGE[slot], bytes), slot, bytes, presence);
}

async function writePages(
  reader: Reader,
  pages: readonly Page[],
  slot: SlotIndex,
  after: Uint8Array,
  presence: number | undefined,
): Promise<WriteOutcome> {
  const held = hold(reader, presence);
  if (typeof held === 'string') return { kind: held };
  const first = SLOT_FIRST_PAGE[slot];
  const script: Step[] = pages.map(page => write(page.number, page.data));
  const result = await held.run([...script, fastRead(first, first + SLOT_PAGES - 1, after)]);
  if (result.stopped === undefined) return { kind: 'ok', pagesWritten: pages.length };
  const nak = firstNak(result, pages.length);
  return nak === undefined ? { kind: 'torn', ...tear(result, pages.length) } : { kind: 'refused', nak };
}

/**
 * The NAK of the very first WRITE, which left the chip as it was. Not the one that reports a failed EEPROM write:
 * that page may hold anything. A single flipped bit can't turn an ACK into one of these codes.
 */
function firstNak(result: ScriptResult, total: number): number | undefined {
  if (total === 0 || result.stopped !== 'mismatch' || result.answers.length !== 1) return undefined;
  const code = nakCode(result.answers[0]);
  return code === NAK.eepromWrite ? undefined : code;
}

/** What is known of a script of `total` WRITEs, maybe followed by a read-back, that did not end well. */
export function tear(result: ScriptResult, total: number): Tear {
  const acks = result.answers.slice(0, total);
  const wrong = acks.findIndex(answer => answer.length !== 1 || answer[0] !== ACK);
  const acknowledged = wrong === -1 ? acks.length : wrong;
  const readBack = result.answers[total];
  return {
    acknowledged,
    total,
    stopped: result.stopped ?? 'mismatch',
    ...(readBack !== undefined && readBack.length > 1 ? { readBack } : {}),
  };
}

function requireSlotLength(bytes: Uint8Array): void {
  if (bytes.length === SLOT_BYTES) return;
  throw new Fault('slot-length-invalid', 'Give the 20 bytes of one slot.', {
    detail: { length: bytes.length },
  });
}
