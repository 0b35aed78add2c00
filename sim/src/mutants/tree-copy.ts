/**
 * A copy of the working tree, to be changed and thrown away. Files are copied as git lists them, also those that aren't committed.
 * Packages are linked, one by one, so that the workspaces among them are the copy's own.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HuntStopped } from './hunt-stopped.ts';
import type { Mutant } from './patch.ts';
import type { Tree } from './step.ts';

export interface TreeCopy extends Disposable {
  /** Absolute. */
  readonly root: string;
  /** @throws HuntStopped when the patch doesn't apply any more */
  plant(mutant: Mutant): void;
  pull(mutant: Mutant): void;
}

const SCOPE = '@pulsera';

export function copyTree(from: string): TreeCopy {
  const root = mkdtempSync(join(tmpdir(), 'pulsera-mutants-'));
  for (const file of listFiles(from)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(join(from, file), join(root, file));
  }
  for (const folder of ['.', ...workspacesOf(from).map(({ name }) => name)]) linkPackages(from, root, folder);
  // Tests that ask git for the files of the project shall find these.
  execFileSync('git', ['init', '-q'], { cwd: root });
  return {
    root,
    plant: mutant => {
      if (!applies(root, mutant)) {
        throw new HuntStopped(outdated(mutant));
      }
      git(root, ['apply'], mutant.patch);
    },
    pull: mutant => git(root, ['apply', '--reverse'], mutant.patch),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Whether a patch still fits the tree. */
export function applies(root: string, { patch }: Pick<Mutant, 'patch'>): boolean {
  try {
    git(root, ['apply', '--check'], patch);
    return true;
  } catch {
    return false;
  }
}

export const outdated = ({ name }: Pick<Mutant, 'name'>) =>
  `sim/mutants/${name}.patch does not apply any more: what it changes has changed. Make it anew.`;

/** What `stepsFor` has to know of the tree. */
export function readTree(root: string): Tree {
  return {
    workspaces: workspacesOf(root),
    scope: SCOPE,
    tests: listFiles(root)
      .filter(file => file.endsWith('.test.ts'))
      .map(file => ({ file, imports: importsOf(readFileSync(join(root, file), 'utf8')) })),
  };
}

const importsOf = (text: string) => [...text.matchAll(/\bfrom '([^']+)'/g)].map(([, name = '']) => name);

function workspacesOf(root: string): Tree['workspaces'] {
  const { workspaces } = readJson(join(root, 'package.json')) as { workspaces: string[] };
  return workspaces.map(name => {
    const { dependencies = {} } = readJson(join(root, name, 'package.json')) as {
      dependencies?: Record<string, string>;
    };
    const ours = Object.keys(dependencies).filter(key => key.startsWith(`${SCOPE}/`));
    return { name, dependsOn: ours.map(key => key.slice(SCOPE.length + 1)) };
  });
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

function listFiles(root: string): readonly string[] {
  const listed = git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return listed.split('\0').filter(file => file !== '' && existsSync(join(root, file)));
}

function linkPackages(from: string, to: string, folder: string): void {
  const installed = join(from, folder, 'node_modules');
  if (!existsSync(installed)) return;
  const linked = join(to, folder, 'node_modules');
  mkdirSync(linked, { recursive: true });
  for (const name of readdirSync(installed)) {
    // What tools keep there belongs to the tree that they ran in.
    if (name === SCOPE || (name.startsWith('.') && name !== '.bin')) continue;
    symlinkSync(join(installed, name), join(linked, name));
  }
  if (!existsSync(join(installed, SCOPE))) return;
  mkdirSync(join(linked, SCOPE));
  for (const name of readdirSync(join(installed, SCOPE))) {
    symlinkSync(join(to, name), join(linked, SCOPE, name));
  }
}

/** @param input what it reads */
function git(cwd: string, args: readonly string[], input = ''): string {
  return execFileSync('git', [...args], {
    cwd,
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}
