/** What a command tells, for a person. Undefined: nothing to say. */
import type { CommandLine } from '@pulsera/firmware-protocol/wire/box-command';

export function inWords(line: CommandLine): string | undefined {
  switch (line.kind) {
    case 'step':
      return line.step;
    case 'check': {
      const { name, state, found, cure } = line.check;
      return `${state}  ${name}: ${found}${cure === null ? '' : `\n      ${cure}`}`;
    }
    case 'terminal': {
      const { terminal, serial, issuedAtMs, isRevoked } = line.terminal;
      const day = new Date(issuedAtMs).toISOString().slice(0, 16).replace('T', ' ');
      return `${terminal}  ${serial}  ${day} UTC${isRevoked ? '  revoked' : ''}`;
    }
    case 'enrolled': {
      const { boxId, eventId, tenantId, plan } = line.report;
      return `This is box ${boxId} of event ${eventId} (tenant ${tenantId}), with ${plan === 0 ? 'no plan yet' : `plan ${plan}`}.`;
    }
    case 'certified':
      return [
        `${line.folder}: ${line.files.join(', ')}. The till connects as ${line.terminal.terminal} to ${line.serverName}.`,
        ...(line.warning === null ? [] : [line.warning]),
      ].join('\n');
    case 'done':
      return undefined;
    case 'failed':
      return `${line.code}: ${line.message}`;
  }
}
