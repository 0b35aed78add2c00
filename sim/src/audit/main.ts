/** `npm run audit -- <archive> [--closed] [--json]`: exit 0 when everything holds, 1 when not, 2 when it can't be read. */
import { parseArgs } from 'node:util';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { readArchive } from './archive.ts';
import { audit } from './audit.ts';
import { report, reportJson } from './report.ts';

const USAGE = `npm run audit -- <archive> [--closed] [--json]
Verifies an exported event (pulsera-event-<number>.cbor.gz) alone.
  --closed  the event is over: what is still open counts as a failure
  --json    prints the result as JSON
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = options();
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  try {
    const result = await audit(readArchive(path), values.closed);
    process.stdout.write(values.json ? `${JSON.stringify(reportJson(result), null, 2)}\n` : report(result));
    return result.findings.holds ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return error.code === 'archive-malformed' ? 1 : 2;
  }
}

function options() {
  const flags = {
    closed: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ options: flags, allowPositionals: true });
  } catch {
    return { values: { closed: false, json: false }, positionals: [] };
  }
}
