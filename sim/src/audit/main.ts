/** `npm run audit -- ARCHIVE`: exit code 0 when everything holds, 1 when not, 2 when there is nothing to verify. */
import { parseArgs } from 'node:util';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { readArchive } from './archive.ts';
import { audit } from './audit.ts';
import { report, reportJson } from './report.ts';

const USAGE = `usage: npm run audit -- ARCHIVE [--closed] [--json]

Verifies an exported event (pulsera-event-NUMBER.cbor.gz) alone. Exit code 0 when everything holds, 1 when not, 2 when there is
nothing to verify.

  --closed  the event is over: what is still open counts as a failure
  --json    prints the result as JSON
  --help    this text
`;

const OPTIONS = {
  closed: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = options();
  if ('problem' in asked) {
    process.stderr.write(`arguments-invalid: ${asked.problem}\n${USAGE}`);
    return 2;
  }
  if ('help' in asked) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const result = await audit(readArchive(asked.path), asked.closed);
    process.stdout.write(asked.json ? `${JSON.stringify(reportJson(result), null, 2)}\n` : report(result));
    return result.findings.holds ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return error.code === 'archive-malformed' ? 1 : 2;
  }
}

type Asked =
  | { readonly path: string; readonly closed: boolean; readonly json: boolean }
  | { readonly help: true }
  | { readonly problem: string };

function options(): Asked {
  try {
    const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
    const [path, ...others] = positionals;
    if (values.help) return { help: true };
    if (path === undefined) return { problem: 'Give the path of an archive.' };
    if (others.length > 0) return { problem: `${others.join(' ')} is too much.` };
    return { path, closed: values.closed, json: values.json };
  } catch (error) {
    // The first sentence says what; the rest is about the shell.
    const [problem = ''] = (error instanceof Error ? error.message : String(error)).split('. ', 1);
    return { problem };
  }
}
