/** The end of the evening: the event is exported and audited, the evening is checked, and what came of it is told. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readArchive } from '../audit/archive.ts';
import { audit } from '../audit/audit.ts';
import { report, reportJson } from '../audit/report.ts';
import { checkEvening, type EveningCheck } from './checks.ts';
import type { EveningResult } from './evening.ts';
import { tapTime } from './screen.ts';
import type { Site } from './site.ts';

/** What of the site is still needed. */
export interface Closing extends Pick<Site, 'guests' | 'event'> {
  readonly organizer: Pick<Site['organizer'], 'call' | 'download'>;
}

export interface Ending {
  /** Every check of the evening and every one of the audit. */
  readonly holds: boolean;
  /** The file that was audited. */
  readonly archive: string;
  /** For a report in JSON. */
  readonly summary: object;
}

/** @param folder where the archive is kept */
export async function endEvening(
  site: Closing,
  evening: EveningResult,
  folder: string,
  print: (text: string) => void,
): Promise<Ending> {
  const { organizer, event } = site;
  const archive = join(folder, `pulsera-event-${event.eventId}.cbor.gz`);
  await organizer.call('POST', `${event.path}/journals/complete`);
  await pipeline(await organizer.download(`${event.path}/export`), createWriteStream(archive));
  const audited = await audit(readArchive(archive), true);
  const checks = checkEvening(site, evening);
  print(['', 'The evening', ...checks.map(line)].join('\n'));
  print(`\n${report(audited)}`);
  return {
    holds: audited.findings.holds && checks.every(({ holds }) => holds),
    archive,
    summary: { ...figures(evening), checks, audit: reportJson(audited) },
  };
}

const line = ({ name, holds, seen }: EveningCheck) => `  ${holds ? 'holds ' : 'FAILED'}  ${name}: ${seen}`;

function figures({ tally, story, walkedAway, airMs }: EveningResult) {
  return {
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
  };
}
