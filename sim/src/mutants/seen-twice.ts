/**
 * A test that fails on a machine with much else to do, or by the luck of what it drew, would pass for one that sees the bug. So its file is
 * run once more by itself: what doesn't fail again has seen nothing.
 */
import type { Ran } from './run-step.ts';
import type { Step } from './step.ts';

export async function seenTwice(run: (step: Step) => Promise<Ran>, step: Step): Promise<Ran> {
  const first = await run(step);
  if (step.kind === 'seeds' || first.verdict.kind === 'passed' || first.verdict.file === null) return first;
  const second = await run({ ...step, which: 'near', files: [first.verdict.file] });
  const verdict = second.verdict.kind === 'failed' ? first.verdict : second.verdict;
  return { verdict, ms: first.ms + second.ms };
}
