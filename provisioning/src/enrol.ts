/** `provision enrol`: this machine becomes a box. The box's own program does it; this shows how far it is. */
import type { EnrolReport } from '@pulsera/firmware-protocol/wire/box-command';
import { passedOn } from './arguments.ts';
import { runBox } from './box-process.ts';
import type { Command } from './command.ts';

export const enrol: Command = {
  summary: 'make this machine a box of an event, with a code from the organizer',
  help: `  --code CODE             four groups of five, good for 15 minutes and for one box; - reads it from standard input, so that no
                          list of processes and no shell's history shows it
  --name NAME             what people call this box: "Main bar"
  --cloud URL             the cloud's address (needed the first time)
  --cloud-ca FILE         the cloud's CA as PEM, where the system doesn't know it
  --host NAME             a name or address by which tills reach this box; may be given more than once
  --passphrase-file FILE  the boot passphrase that wraps the keys; or put it into PULSERA_EDGE_PASSPHRASE

Whatever cuts it, run it again with the same code.`,
  operands: [],
  options: {
    code: { type: 'string' },
    name: { type: 'string' },
    cloud: { type: 'string' },
    'cloud-ca': { type: 'string' },
    host: { type: 'string', multiple: true },
    'passphrase-file': { type: 'string' },
  },
  async run({ options, io }) {
    const names = ['config', 'data-dir', 'code', 'name', 'cloud', 'cloud-ca', 'host', 'passphrase-file'];
    // The box's own command reads it, as it came: it stands in no argument of either.
    const stdin = options.code === '-' ? 'inherit' : 'ignore';
    return await runBox(['enrol', ...passedOn(options, names)], { ...io, stdin }, line => {
      if (line.kind === 'step') io.print(`- ${line.step}`);
      if (line.kind !== 'enrolled') return;
      const again = passedOn(options, ['config', 'data-dir']);
      for (const text of welcome(line.report, again)) io.print(text);
    });
  },
};

/** Pure: what the technician should know now. @param again the options by which other commands find this box */
export function welcome(report: EnrolReport, again: readonly string[]): string[] {
  const called = (command: string) => [command, ...again].join(' ');
  const {
    boxId,
    boxName,
    eventId,
    tenantId,
    plan,
    keySets,
    serverName,
    hosts,
    wrapping,
    configFile,
    dataDir,
  } = report;
  const words = [
    '',
    report.resumed
      ? `This machine is box ${boxId} of event ${eventId} since an earlier run; nothing was asked of the cloud.`
      : `This machine is box ${boxId} of event ${eventId} (tenant ${tenantId}): "${boxName}".`,
    `  folder      ${dataDir}`,
    `  settings    ${configFile}`,
    `  plan        ${plan === 0 ? 'none yet: publish one, the box fetches it by itself' : `version ${plan}`}`,
    `  key sets    ${keySets.join(', ')}`,
    `  tills ask   ${serverName} at ${hosts.join(', ')}`,
    `  keys        ${wrapping === 'passphrase' ? 'wrapped by the boot passphrase' : `NOT wrapped: whoever takes the disk has them (${called('npm run edge -- wrap')})`}`,
    '',
  ];
  if (report.abandonedBox !== null) {
    words.push(
      `Revoke box ${report.abandonedBox} in the cloud: it is an unfinished enrolment of this machine and will never be heard of.`,
    );
  }
  words.push(`Next: ${called('npm run provision -- doctor')}`);
  return words;
}
