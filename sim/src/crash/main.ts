/**
 * `npm run crash -- --kills N [--seed S] [--power-cuts]`: the real box, killed at random moments while it sells. Exit code 1 when a promise
 * was broken: then the seed and what is wrong are printed, and the folder with the evidence is kept.
 *
 * The seed decides who does what and when the kill is due; which instruction it hits is the machine's. A failing run is understood
 * from what it leaves, not by running it again.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { hasCompiler } from './disk-shim.ts';
import { progressOf, summary } from './progress.ts';
import { runCrashes } from './run.ts';

const KILLS = 1000;
const HELP = `npm run crash [-- --kills N] [--seed S] [--power-cuts]
N is how often the box is killed; ${KILLS} unless told otherwise
--power-cuts takes away what was written and not yet synced, or tears it, each time; needs a C compiler
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    seed: { type: 'string' },
    'power-cuts': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const kills = Number(values.kills ?? KILLS);
const seed = Number(values.seed ?? randomInt(2 ** 31));
if (values.help || !Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}
const powerCuts = values['power-cuts'] ?? false;
if (powerCuts && !hasCompiler()) {
  process.stderr.write('NOT TESTED: power cuts need Linux and a C compiler (cc).\n');
  process.exit(process.env.CI === undefined ? 0 : 1);
}

const stop = new AbortController();
// Once: the evening is ended and checked. Twice: at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const again = `npm run crash -- --kills ${kills} --seed ${seed}${powerCuts ? ' --power-cuts' : ''}`;
// First of all, so that it is known however the run ends.
process.stderr.write(`${again}\n`);
const progress = progressOf(kills, process.stderr);
const { tally, problems, folder } = await runCrashes({
  kills,
  seed,
  powerCuts,
  signal: stop.signal,
  onProgress: progress,
});
process.stdout.write(`\n${summary(tally, powerCuts)}\n`);
for (const problem of problems) process.stdout.write(`BROKEN: ${problem}\n`);
if (folder !== undefined) {
  process.stdout.write(`Seed ${seed}; as before: ${again}\nThe evidence is in ${folder}\n`);
}
if (problems.length > 0) process.exit(1);
process.exit(stop.signal.aborted ? 130 : 0);
