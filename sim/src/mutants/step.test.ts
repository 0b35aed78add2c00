import { expect, test } from 'vitest';
import { named, type Step, stepsFor, type Tree, together } from './step.ts';

const tree: Tree = {
  workspaces: [
    { name: 'protocol', dependsOn: [] },
    { name: 'edge', dependsOn: ['protocol'] },
    { name: 'cloud', dependsOn: ['protocol'] },
    { name: 'sim', dependsOn: ['cloud', 'edge', 'protocol'] },
    { name: 'docs', dependsOn: ['protocol'] },
  ],
  scope: '@ours',
  tests: [
    { file: 'protocol/src/purse/rules.test.ts', imports: ['./rules.ts'] },
    { file: 'edge/src/tap/flow.test.ts', imports: ['./flow.ts', '@ours/protocol/purse/graph'] },
    { file: 'edge/src/tap/caps.test.ts', imports: ['./caps.ts'] },
    { file: 'sim/src/files.test.ts', imports: ['@ours/edge/plan/file', '@ours/protocol/purse/rules'] },
  ],
};
const names = (changed: readonly string[]) => stepsFor(changed, tree).map(named);
const LAST = ['docs: all tests', 'seeds of the simulator, storm', 'seeds of the simulator, attack'];

test('is tried from near to far: beside, own workspace, those that stand on it, pages, seeds', () => {
  expect(names(['protocol/src/purse/rules.ts'])).toEqual([
    'protocol: tests of its name',
    'protocol: tests that come to it',
    'edge: tests that come to it',
    'cloud: tests that come to it',
    'sim: tests beside it',
    'sim: tests that come to it',
    ...LAST,
  ]);
});

test('of a workspace that stands on it, the tests that name what is changed come first', () => {
  expect(stepsFor(['edge/src/plan/file.ts'], tree).slice(0, 3)).toEqual([
    { kind: 'tests', workspace: 'edge', which: 'related', files: ['edge/src/plan/file.ts'] },
    { kind: 'tests', workspace: 'sim', which: 'near', files: ['sim/src/files.test.ts'] },
    { kind: 'tests', workspace: 'sim', which: 'related', files: ['edge/src/plan/file.ts'] },
  ]);
});

test('no workspace is tried that does not stand on what is changed', () => {
  expect(names(['edge/src/tap/write.ts'])).toEqual([
    'edge: tests beside it',
    'edge: tests that come to it',
    'sim: tests that come to it',
    ...LAST,
  ]);
});

test('beside are the test of the same name, then the others of its folder, and none where there are none', () => {
  const edge = { kind: 'tests', workspace: 'edge' };
  expect(stepsFor(['edge/src/tap/flow.ts', 'edge/src/tap/write.ts'], tree).slice(0, 2)).toEqual([
    { ...edge, which: 'own', files: ['edge/src/tap/flow.test.ts'] },
    { ...edge, which: 'near', files: ['edge/src/tap/caps.test.ts'] },
  ]);
  expect(names(['edge/src/sync/reach.ts'])[0]).toBe('edge: tests that come to it');
});

test('what no import leads to is tried on every test', () => {
  expect(names(['cloud/migrations/0004.sql'])).toEqual(['cloud: all tests', 'sim: all tests', ...LAST]);
});

test('the steps of a kind in a workspace are one, for the tree without a bug', () => {
  const steps = [stepsFor(['edge/src/tap/flow.ts'], tree), stepsFor(['edge/src/sync/reach.ts'], tree)].flat();
  const step = steps.find(of => named(of) === 'edge: tests that come to it') as Step;
  expect(together(step, steps)).toMatchObject({
    workspace: 'edge',
    which: 'related',
    files: ['edge/src/tap/flow.ts', 'edge/src/sync/reach.ts'],
  });
  expect(together({ kind: 'seeds', profile: 'storm' }, steps)).toEqual({ kind: 'seeds', profile: 'storm' });
});
