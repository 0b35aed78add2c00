/**
 * The lock bits of an NTAG21x (data sheet, sections 8.5.2 and 8.5.3): which pages they make read-only, and what a
 * WRITE to them does. They can only ever be set, and once a block-locking bit is set, the bits it covers stay as they are.
 */
import type { Ntag21xLayout } from '../chip/ntag21x/model.ts';

/** Static lock byte 0: BL CC, BL 9–4, BL 15–10, L CC, L4 … L7; byte 1: L8 … L15. Seen as one word, low byte first. */
const STATIC_BLOCKS = [
  { blockBit: 0, covers: 1 << 3 },
  { blockBit: 1, covers: range(4, 9) },
  { blockBit: 2, covers: range(10, 15) },
];
const FIRST_DYNAMIC_PAGE = 16;
const LOCK_BITS_PER_BLOCK_BIT = 2;

/** @param word Both static lock bytes, the first one low. Page 3 is the capability container. */
export function isStaticallyLocked(word: number, page: number): boolean {
  return page >= 3 && page <= 15 && (word & (1 << page)) !== 0;
}

/** The static lock bytes after a WRITE of `wanted` over `held`. */
export function staticLocksAfter(held: number, wanted: number): number {
  let frozen = 0;
  for (const block of STATIC_BLOCKS) if ((held & (1 << block.blockBit)) !== 0) frozen |= block.covers;
  return held | (wanted & ~frozen);
}

/** @param word Dynamic lock bytes 0 and 1, the first one low. */
export function isDynamicallyLocked(layout: Ntag21xLayout, word: number, page: number): boolean {
  if (page < FIRST_DYNAMIC_PAGE || page > layout.lastUserPage) return false;
  // The NTAG213 locks two pages a bit, the larger ones sixteen.
  const pagesPerBit = layout.model === 'ntag213' ? 2 : 16;
  return (word & (1 << Math.floor((page - FIRST_DYNAMIC_PAGE) / pagesPerBit))) !== 0;
}

/** Dynamic lock bytes 0 to 2 after a WRITE, as one word, the first byte low: 16 lock bits, then the block-locking bits. */
export function dynamicLocksAfter(layout: Ntag21xLayout, held: number, wanted: number): number {
  const heldBlocks = held >>> 16;
  let frozen = 0;
  for (let bit = 0; bit < 16; bit++) {
    if ((heldBlocks & (1 << Math.floor(bit / LOCK_BITS_PER_BLOCK_BIT))) !== 0) frozen |= 1 << bit;
  }
  return held | (wanted & ~frozen & ((layout.dynamicBlockLocks << 16) | 0xffff));
}

function range(first: number, last: number): number {
  let bits = 0;
  for (let bit = first; bit <= last; bit++) bits |= 1 << bit;
  return bits;
}
