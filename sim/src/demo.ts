/** `npm run demo`: the whole path, from wristband to audited books, on one machine with no hardware. */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { currency } from '@pulsera/firmware-protocol/money/money';
import { readCatalogue } from './demo/catalogue.ts';
import { endEvening } from './demo/ending.ts';
import { playEvening } from './demo/evening.ts';
import { demoFolder } from './demo/folder.ts';
import { HELP, type Options, readOptions } from './demo/options.ts';
import { openPcsc } from './demo/pcsc.ts';
import { Screen } from './demo/screen.ts';
import { CAPS, openSite } from './demo/site.ts';

const ROOT = join(import.meta.dirname, '../..');
const EUR = currency('EUR');
const screen = new Screen(process.stdout);

process.exitCode = await main();

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2));
  if ('problem' in read) {
    process.stderr.write(`${read.problem}\n\n${HELP}`);
    return 2;
  }
  if (read.options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { report: file } = read.options;
  if (file !== undefined && !isWritable(file)) {
    process.stderr.write(`--report: ${file} can't be written\n\n${HELP}`);
    return 2;
  }
  try {
    return await demo(read.options);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 1;
  }
}

async function demo(options: Options): Promise<number> {
  const csv = options.catalogue ?? join(ROOT, 'docs/samples/catalogue.csv');
  const catalogue = readCatalogue(readCsv(csv), EUR, CAPS.chargeMinor);
  const opened = new AsyncDisposableStack();
  closeOnInterrupt(opened);
  try {
    const toWrite = options['write-wristbands'];
    const pcsc = options.readers === 'pcsc' ? await openPcsc(toWrite !== undefined) : undefined;
    opened.defer(async () => pcsc?.close());
    const folder = demoFolder(join(ROOT, '.pulsera'), process.pid);
    const played = pcsc?.played ?? [];
    for (const reader of pcsc?.held ?? []) screen.print(`… ${reader} is at hand`);
    const site = await openSite({
      folder,
      catalogue,
      tills: options.tills,
      guests: options.guests,
      seed: options.seed,
      playedReaders: played.map(({ match }) => match),
      handReaders: pcsc?.held ?? [],
      handWristbands: toWrite ?? 0,
      progress: text => screen.print(`… ${text}`),
    });
    opened.defer(() => site.close());
    screen.print('');
    const evening = await playEvening({
      site,
      catalogue,
      seconds: options.seconds,
      seed: options.seed,
      currency: EUR,
      title: `Pulsera demo   seed ${options.seed} · ${options.tills} tills · ${options.guests} wristbands`,
      show: view => screen.show(view),
      fields: new Map(played.map(({ match, field }) => [match, field])),
    });
    const { archive, holds, summary } = await endEvening(site, evening, folder, text => screen.print(text));
    screen.print(
      `Data: ${relative(process.cwd(), folder)} (kept until the next demo)`,
      `Audit it again: npm run audit -- ${relative(process.cwd(), archive)} --closed`,
    );
    if (options.report !== undefined)
      writeFileSync(options.report, `${JSON.stringify({ options, ...summary }, null, 2)}\n`);
    return holds ? 0 : 1;
  } finally {
    await opened.disposeAsync();
  }
}

/** Asked before the evening, not after it. */
function isWritable(file: string): boolean {
  try {
    closeSync(openSync(file, 'a'));
    return true;
  } catch {
    return false;
  }
}

function readCsv(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('catalogue-invalid', `Name a catalogue that can be read: ${file} can't.`, { cause });
  }
}

/** Ctrl-C ends everything that was started; a second one doesn't wait for it. */
function closeOnInterrupt(opened: AsyncDisposableStack): void {
  const interrupted = () => {
    process.stderr.write('\nclosing down …\n');
    process.once('SIGINT', () => process.exit(130));
    // What is under way fails now, one thing after the other: none of it is news.
    process.on('unhandledRejection', () => undefined).on('uncaughtException', () => undefined);
    void opened.disposeAsync().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
}
