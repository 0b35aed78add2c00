/** What a run of tests says of a mutant, from what vitest reports. Pure. */
import { z } from 'zod';
import { HuntStopped } from './hunt-stopped.ts';

/** The part of vitest's JSON report that is looked at. */
const Report = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      /** Absolute path of the test file. */
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

export type Verdict =
  | { readonly kind: 'passed' }
  /** `by`: file and title. `hung`: what caught it is that time was up. `file`: of the test, from the root; null where none can be named. */
  | { readonly kind: 'failed'; readonly by: string; readonly hung: boolean; readonly file: string | null };

/** How a process ended: its exit code, or null where its time was up. */
export interface Ended {
  readonly code: number | null;
  /** The last of what it printed. */
  readonly output: string;
}

const TIMED_OUT = /\b(?:Test|Hook) timed out in \d+ms/;

/**
 * @param report vitest's JSON; undefined when there is none
 * @param what the step, for where no test can be named
 */
export function verdictOf(ended: Ended, report: string | undefined, root: string, what: string): Verdict {
  if (ended.code === 0) return { kind: 'passed' };
  if (ended.code === null) return { kind: 'failed', by: what, hung: true, file: null };
  const parsed = report === undefined ? undefined : Report.safeParse(JSON.parse(report)).data;
  const results = parsed?.testResults ?? [];
  const failedBy = (name: string, title: string, hung: boolean): Verdict => {
    const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
    return { kind: 'failed', by: `${file}: ${title}`, hung, file };
  };
  for (const { name, assertionResults } of results) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed === undefined) continue;
    const hung = (failed.failureMessages ?? []).some(text => TIMED_OUT.test(text));
    return failedBy(name, failed.fullName.trim(), hung);
  }
  // Not one test of a file was run: it could not be loaded, or what it sets up failed. (Files that were called off say nothing.)
  const broken = results.find(({ status, message }) => status === 'failed' && message.trim() !== '');
  if (broken) return failedBy(broken.name, firstLine(broken.message), false);
  return { kind: 'failed', by: `${what}: ${firstLine(ended.output)}`, hung: false, file: null };
}

const FINDING = /^seed \d+, [a-z]+: .+$/m;

/** @throws HuntStopped where the simulator itself failed: that says nothing of the mutant */
export function seedVerdict({ code, output }: Ended, profile: string): Verdict {
  if (code === 0) return { kind: 'passed' };
  if (code === null) return { kind: 'failed', by: `seeds, ${profile}`, hung: true, file: null };
  const [finding] = FINDING.exec(output) ?? [];
  if (code === 1 && finding !== undefined)
    return { kind: 'failed', by: finding.slice(0, LONGEST), hung: false, file: null };
  throw new HuntStopped(
    `Mend the simulator first, it ended without a finding (${profile}, exit code ${code}): ${firstLine(output)}`,
  );
}

const LONGEST = 160;

function firstLine(text: string): string {
  const line = text.split('\n').find(each => each.trim() !== '') ?? 'it can not be run';
  return line.trim().slice(0, LONGEST);
}
