/**
 * What may be left of a file when the power goes. A disk writes sectors of 512 bytes, each whole or not at all, in any order, until it was
 * told to sync: so each sector may be as any of the writes since then left it. Pure.
 */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { DiskRecord } from './disk-log.ts';

export const SECTOR_BYTES = 512;
export type DataRecord = Extract<DiskRecord, { kind: 'data' }>;

/** `kept`: the disk was quick. `dropped`: none of it. `first`: the writes up to one of them. `torn`: sector by sector. */
export type Fate = 'kept' | 'dropped' | 'first' | 'torn';
const FATES: readonly Fate[] = ['kept', 'dropped', 'dropped', 'first', 'torn', 'torn', 'torn'];

/**
 * @param held the file as the dead process saw it
 * @param unsynced its writes since it was last synced, in order
 */
export function afterPowerCut(
  held: Uint8Array,
  unsynced: readonly DataRecord[],
  random: Random,
): { readonly fate: Fate; readonly content: Uint8Array } {
  const fate = FATES[random.below(FATES.length)] ?? 'torn';
  return { fate, content: contentAfter(fate, held, unsynced, random) };
}

function contentAfter(
  fate: Fate,
  held: Uint8Array,
  unsynced: readonly DataRecord[],
  random: Random,
): Uint8Array {
  switch (fate) {
    case 'kept':
      return held;
    case 'dropped':
      return undone(held, unsynced);
    case 'first':
      return undone(held, unsynced.slice(random.below(unsynced.length + 1)));
    case 'torn':
      return torn(held, unsynced, random);
  }
}

/** As it was before these writes. */
export function undone(held: Uint8Array, writes: readonly DataRecord[]): Uint8Array {
  let size = held.length;
  const bytes = room(held, writes);
  for (const write of writes.toReversed()) {
    undo(bytes, write, size);
    size = write.size;
  }
  return bytes.slice(0, size);
}

function torn(held: Uint8Array, writes: readonly DataRecord[], random: Random): Uint8Array {
  const versions = new Map<number, Uint8Array[]>();
  const sizes = [held.length];
  const bytes = room(held, writes);
  for (const write of writes.toReversed()) {
    const size = sizes.at(-1) ?? 0;
    // A write behind the end makes what lies between part of the file.
    const from = Math.min(write.offset, write.size, size);
    const first = Math.floor(from / SECTOR_BYTES) * SECTOR_BYTES;
    const end = Math.min(bytes.length, Math.max(write.offset + write.length, size > write.size ? size : 0));
    for (let at = first; at < end; at += SECTOR_BYTES) {
      if (!versions.has(at)) versions.set(at, [bytes.slice(at, at + SECTOR_BYTES)]);
    }
    undo(bytes, write, size);
    sizes.push(write.size);
    for (let at = first; at < end; at += SECTOR_BYTES) {
      versions.get(at)?.push(bytes.slice(at, at + SECTOR_BYTES));
    }
  }
  for (const [at, left] of versions) bytes.set(left[random.below(left.length)] ?? [], at);
  return bytes.slice(0, sizes[random.below(sizes.length)] ?? held.length);
}

/** @param size of the file behind the write: what it made the file longer by was nothing before. */
function undo(bytes: Uint8Array, { offset, old, size: before }: DataRecord, size: number): void {
  bytes.set(old, Math.min(offset, bytes.length));
  if (size > before) bytes.fill(0, before, size);
}

function room(held: Uint8Array, writes: readonly DataRecord[]): Uint8Array {
  const bytes = new Uint8Array(Math.max(held.length, ...writes.map(({ size }) => size)));
  bytes.set(held);
  return bytes;
}
