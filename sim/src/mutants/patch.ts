/** A planted bug as it lies in `sim/mutants`: a sentence that says what is wrong, and behind it the patch that makes it so. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HuntStopped } from './hunt-stopped.ts';

export interface Mutant {
  /** The file's name without its ending. */
  readonly name: string;
  /** What the bug is, in one sentence. */
  readonly bug: string;
  /** The patch as `git apply` takes it. */
  readonly patch: string;
  /** What it changes, from the repository's root. */
  readonly files: readonly string[];
}

/** @throws HuntStopped for a file that is no such patch */
export function readMutants(folder: string): readonly Mutant[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.patch'))
    .sort()
    .map(name => readPatch(name.slice(0, -'.patch'.length), readFileSync(join(folder, name), 'utf8')));
}

/** @throws HuntStopped for a file that is no such patch */
export function readPatch(name: string, text: string): Mutant {
  const [bug = ''] = text.split('\n', 1);
  const files = [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file = '']) => file);
  if (bug.startsWith('diff ') || !bug.endsWith('.')) throw malformed(name, 'its first line is no sentence');
  if (files.length === 0) throw malformed(name, 'it changes no file');
  return { name, bug, patch: text, files };
}

const malformed = (name: string, what: string) => new HuntStopped(`Mend sim/mutants/${name}.patch: ${what}.`);
