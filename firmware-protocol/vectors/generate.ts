/** Writes the vectors: `node vectors/generate.ts` in firmware-protocol. A test makes sure that the files are what this makes. */
import { writeFileSync } from 'node:fs';
import { batches, entries, heads } from './of/journal.ts';
import { declines, immutableBlocks, purseImages, purses } from './of/purse.ts';
import { settling } from './of/settling.ts';

/** File name → what it holds. */
export const VECTORS: Readonly<Record<string, () => unknown>> = {
  'purse-images.json': purseImages,
  'immutable-blocks.json': immutableBlocks,
  'purses.json': purses,
  'declines.json': declines,
  'entries.json': entries,
  'heads.json': heads,
  'batches.json': batches,
  'settling.json': settling,
};

export function vectorText(make: () => unknown): string {
  return `${JSON.stringify(make(), null, 2)}\n`;
}

if (import.meta.main) {
  for (const [name, make] of Object.entries(VECTORS))
    writeFileSync(new URL(name, import.meta.url), vectorText(make));
}
