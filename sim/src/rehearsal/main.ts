/** `npm run sim`: plays seeds in processes of their own, or with `--trace` one seed in this one. */
import { Crew } from './run/crew.ts';
import { HELP, readOptions } from './run/options.ts';
import { runSession } from './run/session.ts';
import { traceOne } from './run/trace-one.ts';

/** What is honest moves many times a second. */
const HANG_MS = 60_000;
const PLAYER = new URL('./run/player-process.ts', import.meta.url);

const asked = readOptions(process.argv.slice(2));
if ('problem' in asked) {
  process.stderr.write(`${asked.problem}\n\n${HELP}`);
  process.exit(2);
}
const { options } = asked;
if (options.isHelp) {
  process.stdout.write(HELP);
  process.exit(0);
}
// Whoever reads this may have seen enough.
process.stdout.on('error', () => process.exit(1));
process.exit(options.isTraced ? await traceOne(options, process.stdout) : await playAll());

async function playAll(): Promise<number> {
  const crew = new Crew({ jobs: options.jobs, player: PLAYER, hangMs: HANG_MS });
  const stop = new AbortController();
  // Once: what was played is told. Twice: at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop.abort();
      crew.dismiss();
    });
  }
  const nowMs = () => performance.now();
  const { stdout: out, stderr: err } = process;
  const code = await runSession({ options, crew, out, err, nowMs, signal: stop.signal });
  crew.dismiss();
  return code;
}
