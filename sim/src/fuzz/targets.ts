/** Everything that is fuzzed. Each target is loaded only where it runs: what it covers is then its own. */
import type { Target } from './target.ts';

const TARGETS: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  purse: () => import('./targets/purse.ts'),
  entry: () => import('./targets/entry.ts'),
  head: () => import('./targets/head.ts'),
  batch: () => import('./targets/batch.ts'),
  packed: () => import('./targets/packed.ts'),
  plan: () => import('./targets/plan.ts'),
  till: () => import('./targets/till.ts'),
  reader: () => import('./targets/reader.ts'),
  guard: () => import('./targets/guard.ts'),
  config: () => import('./targets/config.ts'),
  enrolment: () => import('./targets/enrolment.ts'),
  catalogue: () => import('./targets/catalogue.ts'),
  archive: () => import('./targets/archive.ts'),
};

export const TARGET_NAMES: readonly string[] = Object.keys(TARGETS);

/**
 * @param name one of `TARGET_NAMES`, or the URL of a module that is none of ours to fuzz: tests plant their mistakes so
 * @throws RangeError for any other
 */
export async function loadTarget(name: string): Promise<Target> {
  if (name.startsWith('file:')) return ((await import(name)) as { readonly target: Target }).target;
  const load = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (load === undefined) throw new RangeError(`there is no target ${name}`);
  return (await load()).target;
}
