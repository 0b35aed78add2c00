/**
 * What is tried on a mutant, from near to far: the tests beside what it changes, those of its own workspace that come to it by
 * imports, those of the workspaces that stand on it, what the pages say of the code, and whole seeds of the simulator. Pure.
 */

export interface TestStep {
  readonly kind: 'tests';
  readonly workspace: string;
  /** `named`: these test files; `related`: those that import one of these files; `all`: every one. */
  readonly which: 'named' | 'related' | 'all';
  /** From the repository's root; none for `all`. */
  readonly files: readonly string[];
}

export interface SeedStep {
  readonly kind: 'seeds';
  readonly profile: 'storm' | 'attack';
}

export type Step = TestStep | SeedStep;

export interface Tree {
  /** In the order of the root's package.json, which is from near to far; each with the workspaces that it depends on. */
  readonly workspaces: readonly { readonly name: string; readonly dependsOn: readonly string[] }[];
  /** Test files, from the repository's root. */
  readonly tests: readonly string[];
}

/** Reads the code as text: nothing of it comes to a file by imports. */
const PAGES = 'docs';

export function stepsFor(changed: readonly string[], tree: Tree): readonly Step[] {
  const own = tree.workspaces.filter(({ name }) => changed.some(file => isIn(name, file)));
  const above = tree.workspaces.filter(
    ({ name, dependsOn }) => name !== PAGES && dependsOn.some(on => own.some(of => of.name === on)),
  );
  // What tests read in another way than by imports (migrations, say), they all may read.
  const isCode = changed.every(file => file.endsWith('.ts'));
  const far = (workspace: string): TestStep =>
    isCode
      ? { kind: 'tests', workspace, which: 'related', files: changed }
      : { kind: 'tests', workspace, which: 'all', files: [] };
  return [
    ...own.flatMap(({ name }) => beside(name, changed, tree.tests)),
    ...[...new Set([...own, ...above])].map(({ name }) => far(name)),
    { kind: 'tests', workspace: PAGES, which: 'all', files: [] },
    { kind: 'seeds', profile: 'storm' },
    { kind: 'seeds', profile: 'attack' },
  ];
}

function beside(workspace: string, changed: readonly string[], tests: readonly string[]): TestStep[] {
  const folders = new Set(changed.filter(file => isIn(workspace, file)).map(folderOf));
  const files = tests.filter(test => folders.has(folderOf(test)));
  return files.length === 0 ? [] : [{ kind: 'tests', workspace, which: 'named', files }];
}

/** Every step of that kind in its workspace as one. */
export function together(step: Step, all: readonly Step[]): Step {
  if (step.kind === 'seeds') return step;
  const alike = all.filter(
    of => of.kind === 'tests' && of.workspace === step.workspace && of.which === step.which,
  ) as readonly TestStep[];
  return { ...step, files: [...new Set(alike.flatMap(({ files }) => files))] };
}

const isIn = (workspace: string, file: string) => file.startsWith(`${workspace}/`);
const folderOf = (file: string) => file.slice(0, file.lastIndexOf('/'));

/** For people. */
export function named(step: Step): string {
  if (step.kind === 'seeds') return `seeds of the simulator, ${step.profile}`;
  const which = { named: 'tests beside it', related: 'tests that come to it', all: 'all tests' }[step.which];
  return `${step.workspace}: ${which}`;
}
