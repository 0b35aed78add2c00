/** One seed in this process, with every line of its trace as it comes. */
import { written } from '../trace.ts';
import type { Out } from './bar.ts';
import { failureText } from './failure.ts';
import type { Options } from './options.ts';
import { play } from './play.ts';
import { profileOf } from './profile.ts';

/** @returns the exit code */
export async function traceOne({ from: seed, profile, part }: Options, out: Out): Promise<number> {
  const order = { seed, profile: profile ?? profileOf(seed), part };
  const report = await play(order, { onLine: line => void out.write(`${written(line)}\n`) });
  if (report.findings.length === 0) return 0;
  out.write(`\n${failureText(report, undefined)}`);
  return 1;
}
