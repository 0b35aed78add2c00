/**
 * `npm run outage -- --minutes M [--seed S] [--short]`: exit code 1 when something isn't in the cloud exactly once.
 *
 * The seed decides who does what and what breaks when; how far each part has come by then is the machine's. A failing run is understood
 * from what it leaves, not by running it again.
 */
import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playEvening } from './evening.ts';
import { HELP, readOptions } from './options.ts';
import { shortSetting, wholeSetting } from './outages.ts';
import { summary } from './progress.ts';

/** Of problems, while it runs; all of them stand in the folder. */
const TOLD = 10;

const asked = readOptions(process.argv.slice(2));
if ('problem' in asked) {
  process.stderr.write(`${asked.problem}\n\n${HELP}`);
  process.exit(2);
}
const { minutes, short, help, seed = randomInt(2 ** 31) } = asked.options;
if (help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const again = `npm run outage -- ${short ? '--short' : `--minutes ${minutes}`} --seed ${seed}`;
// First of all, so that it is known however the run ends.
process.stderr.write(`${again}\n`);
const folder = mkdtempSync(join(tmpdir(), 'pulsera-outage-'));
// PostgreSQL runs as somebody else, who has to pass.
chmodSync(folder, 0o755);
const problems: string[] = [];
const opened = new AsyncDisposableStack();
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
process.on('uncaughtException', error => void failed(error));

try {
  const result = await playEvening({
    folder,
    seed,
    setting: chance => (short ? shortSetting(chance.of('deck')) : wholeSetting(minutes * 60_000)),
    opened,
    say: text => process.stderr.write(`${text}\n`),
    onProblem,
  });
  process.stdout.write(`\n${summary(result)}\n`);
} catch (error) {
  onProblem(textOf(error));
}
if (!isInterrupted) await end();

async function end(): Promise<void> {
  await opened.disposeAsync();
  if (problems.length > 0) {
    writeFileSync(join(folder, 'problems.txt'), `${again}\n\n${problems.join('\n\n')}\n`);
    process.stdout.write(`\nBROKEN: ${problems.length} in all, the first:\n${problems[0]}\n`);
    process.stdout.write(
      `Seed ${seed}; as before: ${again}\nThe evidence is in ${folder}: begin with problems.txt\n`,
    );
    process.exit(1);
  }
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write('\nEverything is there, exactly once.\n');
  process.exit(0);
}

function onProblem(text: string): void {
  if (isInterrupted) return;
  problems.push(text);
  if (problems.length <= TOLD) process.stderr.write(`BROKEN: ${text}\n`);
}

async function failed(error: unknown): Promise<void> {
  if (isInterrupted) return;
  onProblem(textOf(error));
  await end();
}

/** Ctrl-C ends everything that was started; a second one doesn't wait for it. */
function interrupted(): void {
  isInterrupted = true;
  process.stderr.write('\nclosing down …\n');
  process.once('SIGINT', () => process.exit(130));
  // What is under way fails now, one thing after the other: none of it is news.
  process.on('unhandledRejection', () => undefined);
  const gone = opened.disposeAsync().catch(() => undefined);
  void gone.then(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
