/**
 * What is tried on a mutant, from near to far: the test that bears the name of what it changes, the tests beside it, those of its own workspace that come to it by
 * imports, those of the workspaces that stand on it (that name it, then that come to it), what the pages say of the code, and whole seeds of the simulator. Pure.
 */

export interface TestStep {
  readonly kind: 'tests';
  readonly workspace: string;
  /** `own` and `near`: these test files; `related`: those that come to one of these files by imports; `all`: every one. */
  readonly which: 'own' | 'near' | 'related' | 'all';
  /** From the repository's root; none for `all`. */
  readonly files: readonly string[];
}

export interface SeedStep {
  readonly kind: 'seeds';
  readonly profile: 'storm' | 'attack';
}

export type Step = TestStep | SeedStep;

export interface Tree {
  /** What the packages of workspaces are called, before their own name. */
  readonly scope: string;
  /** In the order of the root's package.json, which is from near to far; each with the workspaces that it depends on. */
  readonly workspaces: readonly { readonly name: string; readonly dependsOn: readonly string[] }[];
  /** Test files from the repository's root, each with what it imports, as it says it. */
  readonly tests: readonly { readonly file: string; readonly imports: readonly string[] }[];
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
    ...own.flatMap(({ name }) => beside(name, changed, tree)),
    ...own.map(({ name }) => far(name)),
    ...above
      .filter(each => !own.includes(each))
      .flatMap(({ name }) => [...naming(name, changed, tree), far(name)]),
    { kind: 'tests', workspace: PAGES, which: 'all', files: [] },
    { kind: 'seeds', profile: 'storm' },
    { kind: 'seeds', profile: 'attack' },
  ];
}

/** The test of its name first, then the others of its folder. */
function beside(workspace: string, changed: readonly string[], { tests }: Tree): TestStep[] {
  const own = changed.filter(file => isIn(workspace, file));
  const folders = new Set(own.map(folderOf));
  const names = new Set(own.map(file => file.replace(/\.ts$/, '.test.ts')));
  const near = tests.map(({ file }) => file).filter(test => folders.has(folderOf(test)));
  const steps: TestStep[] = [
    { kind: 'tests', workspace, which: 'own', files: near.filter(test => names.has(test)) },
    { kind: 'tests', workspace, which: 'near', files: near.filter(test => !names.has(test)) },
  ];
  return steps.filter(({ files }) => files.length > 0);
}

/** Tests of another workspace that import what is changed themselves. */
function naming(workspace: string, changed: readonly string[], { scope, tests }: Tree): TestStep[] {
  const names = new Set(changed.map(file => `${scope}/${file.replace('/src/', '/').replace(/\.ts$/, '')}`));
  const files = tests
    .filter(({ file, imports }) => isIn(workspace, file) && imports.some(name => names.has(name)))
    .map(({ file }) => file);
  return files.length === 0 ? [] : [{ kind: 'tests', workspace, which: 'near', files }];
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

const WHICH: Readonly<Record<TestStep['which'], string>> = {
  own: 'tests of its name',
  near: 'tests beside it',
  related: 'tests that come to it',
  all: 'all tests',
};

/** For people. */
export function named(step: Step): string {
  if (step.kind === 'seeds') return `seeds of the simulator, ${step.profile}`;
  return `${step.workspace}: ${WHICH[step.which]}`;
}
