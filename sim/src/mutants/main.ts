/** `npm run mutants`: exit code 1 when too many planted bugs go unseen, 2 when a patch is outdated or the tests fail without any. */
import { join } from 'node:path';
import { hunt } from './hunt.ts';
import { HuntStopped } from './hunt-stopped.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { type Mutant, readMutants } from './patch.ts';
import { isEnough, line, summary, table } from './table.ts';
import { applies, outdated as outdatedText } from './tree-copy.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MUTANTS = join(ROOT, 'sim/mutants');

const asked = readOptions(process.argv.slice(2));
if ('problem' in asked) {
  process.stderr.write(`${asked.problem}\n\n${HELP}`);
  process.exit(2);
}
try {
  process.exitCode = await run(asked.options);
} catch (error) {
  if (!(error instanceof HuntStopped)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function run(options: Options): Promise<number> {
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const all = readMutants(MUTANTS);
  if (options.list) {
    for (const { name, bug } of all) process.stdout.write(`${name}: ${bug}\n`);
    return 0;
  }
  const mutants = chosen(all, options.only);
  const outdated = (options.short ? all : mutants).filter(mutant => !applies(ROOT, mutant));
  for (const mutant of outdated)
    process.stderr.write(`${outdatedText(mutant)}
`);
  if (outdated.length > 0) return 2;
  if (options.short) process.stdout.write(`all ${all.length} patches apply\n`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new HuntStopped('Stopped.')));
  }
  let done = 0;
  const hunted = await hunt({
    root: ROOT,
    mutants,
    jobs: options.jobs,
    cores: options.cores,
    signal: stop.signal,
    onHunted: one => void process.stdout.write(`${line(one, ++done, mutants.length)}\n`),
    say: text => void process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`\n${table(hunted)}\n\n${summary(hunted)}\n`);
  return isEnough(hunted) ? 0 : 1;
}

function chosen(all: readonly Mutant[], only: readonly string[] | undefined): readonly Mutant[] {
  if (only === undefined) return all;
  return only.map(name => {
    const found = all.find(mutant => mutant.name === name);
    if (found === undefined)
      throw new HuntStopped(`Give a name of npm run mutants -- --list; ${name} is none.`);
    return found;
  });
}
