/** `npm run fuzz`: every target in turn, each in a thread of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { described, type Finding } from './finding.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { findingText, progressLine, SHOWN_BYTES } from './report.ts';
import { loadTarget, TARGET_NAMES } from './targets.ts';
import { watch } from './watch.ts';

const asked = readOptions(process.argv.slice(2));
if ('problem' in asked) {
  process.stderr.write(`${asked.problem}\n\n${HELP}`);
  process.exit(2);
}
if (asked.options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const { only, input } = asked.options;
process.exit(
  only !== undefined && input !== undefined ? await replay(only, input) : await fuzzAll(asked.options),
);

async function fuzzAll({ minutes, only, seed }: Options): Promise<number> {
  const names = TARGET_NAMES.filter(name => only === undefined || name === only);
  const ms = (minutes * 60_000) / names.length;
  let found = 0;
  for (const name of names) {
    const startedMs = performance.now();
    const show = (progress: Parameters<typeof progressLine>[2], isDone: boolean) => {
      const elapsedMs = performance.now() - startedMs;
      const line = progressLine(name, isDone ? 1 : elapsedMs / ms, progress, elapsedMs);
      if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${line}${isDone ? '\n' : ''}`);
      else if (isDone) process.stdout.write(`${line}\n`);
    };
    const { last, findings } = await watch({ name, seed, ms }, progress => show(progress, false));
    show(last, true);
    for (const finding of findings)
      process.stdout.write(findingText(finding, seed, keptIn(finding, ++found)));
  }
  process.stdout.write(found === 0 ? 'Nothing was found.\n' : `${found} found.\n`);
  return found === 0 ? 0 : 1;
}

/** Long inputs don't fit a command line. */
function keptIn({ target, input }: Finding, number: number): string | undefined {
  if (input.length <= SHOWN_BYTES) return undefined;
  const folder = join(tmpdir(), 'pulsera-fuzz');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${target}-${number}.bin`);
  writeFileSync(file, input);
  return file;
}

async function replay(name: string, input: string): Promise<number> {
  const bytes = input.startsWith('@') ? new Uint8Array(readFileSync(input.slice(1))) : fromHex(input);
  const target = await loadTarget(name);
  try {
    process.stdout.write(`${(await target.run(bytes)) ? 'taken' : 'refused'}, as it should be\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${described(error)}\n${error instanceof Error ? error.stack : ''}\n`);
    return 1;
  }
}
