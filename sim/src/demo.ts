/** `npm run demo`: the whole path, from wristband to audited books, on one machine with no hardware. */
import { closeSync, createWriteStream, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { currency } from '@pulsera/firmware-protocol/money/money';
import { readArchive } from './audit/archive.ts';
import { audit } from './audit/audit.ts';
import { report, reportJson } from './audit/report.ts';
import { readCatalogue } from './demo/catalogue.ts';
import { checkEvening } from './demo/checks.ts';
import { type EveningResult, playEvening } from './demo/evening.ts';
import { demoFolder } from './demo/folder.ts';
import { HELP, type Options, readOptions } from './demo/options.ts';
import { openPcsc } from './demo/pcsc.ts';
import { Screen, tapTime } from './demo/screen.ts';
import { openSite, type Site } from './demo/site.ts';

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
  const catalogue = readCatalogue(readCsv(csv), EUR);
  const folder = demoFolder(join(ROOT, '.pulsera'), process.pid);
  const opened = new AsyncDisposableStack();
  closeOnInterrupt(opened);
  try {
    const pcsc = options.readers === 'pcsc' ? await openPcsc() : undefined;
    opened.defer(async () => pcsc?.close());
    const readers = pcsc?.readers ?? [];
    const site = await openSite({
      folder,
      catalogue,
      tills: options.tills,
      guests: options.guests,
      seed: options.seed,
      pcscReaders: readers.map(({ match }) => match),
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
      fields: new Map(readers.map(({ match, field }) => [match, field])),
    });
    return await settleUp(site, evening, folder, options);
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

/** Exports, audits, and says what came of it. @returns the exit code */
async function settleUp(
  site: Site,
  evening: EveningResult,
  folder: string,
  options: Options,
): Promise<number> {
  const archive = join(folder, `pulsera-event-${site.event.eventId}.cbor.gz`);
  await site.organizer.call('POST', `${site.event.path}/journals/complete`);
  await pipeline(await site.organizer.download(`${site.event.path}/export`), createWriteStream(archive));
  const audited = await audit(readArchive(archive), true);
  const checks = checkEvening(site, evening);
  const holds = audited.findings.holds && checks.every(check => check.holds);

  screen.print(
    '',
    'The evening',
    ...checks.map(({ name, holds: ok, seen }) => `  ${ok ? 'holds ' : 'FAILED'}  ${name}: ${seen}`),
  );
  screen.print('', report(audited));
  const shown = relative(process.cwd(), archive);
  screen.print(
    `Data: ${relative(process.cwd(), folder)} (kept until the next demo)`,
    `Audit it again: npm run audit -- ${shown} --closed`,
  );
  if (options.report !== undefined) {
    writeFileSync(
      options.report,
      `${JSON.stringify(summary(evening, checks, reportJson(audited), options), null, 2)}\n`,
    );
  }
  return holds ? 0 : 1;
}

function summary(
  { tally, story, walkedAway, airMs }: EveningResult,
  checks: unknown,
  books: unknown,
  options: Options,
) {
  return {
    options,
    taps: tally.taps,
    approved: tally.approved,
    declined: Object.fromEntries(tally.declined),
    cancelled: tally.cancelled,
    faults: Object.fromEntries(tally.faults),
    tapTime: tapTime(tally),
    tapP50Ms: tally.percentile(0.5) ?? null,
    tapP99Ms: tally.percentile(0.99) ?? null,
    airMs,
    walkedAway,
    story: story.lines,
    checks,
    audit: books,
  };
}
