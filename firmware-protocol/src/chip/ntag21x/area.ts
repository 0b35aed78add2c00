/** Where the 64 bytes that a tap reads lie: one FAST_READ of pages 4–19. What they mean is the purse's business. */
import { PAGE_BYTES } from './model.ts';

export const AREA_FIRST_PAGE = 4;
export const AREA_LAST_PAGE = 19;
export const AREA_BYTES = (AREA_LAST_PAGE - AREA_FIRST_PAGE + 1) * PAGE_BYTES;
export const IMMUTABLE_BYTES = 24;
export const SLOT_PAGES = 5;
export const SLOT_BYTES = SLOT_PAGES * PAGE_BYTES;

export type SlotIndex = 0 | 1;

export const SLOT_FIRST_PAGE: Readonly<Record<SlotIndex, number>> = { 0: 10, 1: 15 };

export function slotOf(area: Uint8Array, slot: SlotIndex): Uint8Array {
  const offset = (SLOT_FIRST_PAGE[slot] - AREA_FIRST_PAGE) * PAGE_BYTES;
  return area.slice(offset, offset + SLOT_BYTES);
}
