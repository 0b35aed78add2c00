import { expect, test } from 'vitest';
import { HuntStopped } from './hunt-stopped.ts';
import { readPatch } from './patch.ts';

const DIFF = 'diff --git a/edge/a.ts b/edge/a.ts\n--- a/edge/a.ts\n+++ b/edge/a.ts\n@@ -1 +1 @@\n-x\n+y\n';

test('is a sentence, and the files that the patch behind it changes', () => {
  const second = DIFF.replaceAll('a.ts', 'b.ts');
  expect(readPatch('plan-lost', `The plan is lost.\n${DIFF}${second}`)).toEqual({
    name: 'plan-lost',
    bug: 'The plan is lost.',
    patch: `The plan is lost.\n${DIFF}${second}`,
    files: ['edge/a.ts', 'edge/b.ts'],
  });
});

test.each([
  ['has no sentence', DIFF],
  ['ends its sentence with nothing', `The plan is lost\n${DIFF}`],
  ['changes nothing', 'The plan is lost.\n'],
])('is refused where it %s', (_, text) => {
  expect(() => readPatch('plan-lost', text)).toThrow(HuntStopped);
});
