/** `provision till`: certificates for tills, given out, listed and ended. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Terminal } from '@pulsera/firmware-protocol/wire/box-command';
import { passedOn } from './arguments.ts';
import { runBox } from './box-process.ts';
import type { Command } from './command.ts';

/** By the first operand: the box's command, and the options that go on to it. */
const ACTIONS: Readonly<
  Record<
    string,
    { readonly command: string; readonly options: readonly string[]; readonly takesTill: boolean }
  >
> = {
  add: { command: 'certify', options: ['out', 'public-key', 'replace'], takesTill: true },
  list: { command: 'terminals', options: [], takesTill: false },
  revoke: { command: 'revoke', options: [], takesTill: true },
};

export const till: Command = {
  summary: 'give a till its certificate, list them, or shut one out',
  help: `  add TILL           writes ca.pem, cert.pem and key.pem into a folder that is carried to the till
    --out FOLDER       (default till-TILL)
    --public-key FILE  certify a key that the till made and keeps: no key.pem then
    --replace          shut out the certificate it has
  list               those that this box has given out
  revoke TILL        shut a till out, or one certificate by its serial; a running box does it at once`,
  operands: ['add|list|revoke'],
  optional: ['TILL'],
  options: { out: { type: 'string' }, 'public-key': { type: 'string' }, replace: { type: 'boolean' } },
  async run({ options, operands, io }) {
    const [name = '', who] = operands;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined)
      throw new Fault('arguments-invalid', `Say add, list or revoke: ${name} is none of them.`);
    if (action.takesTill !== (who !== undefined)) {
      throw new Fault(
        'arguments-invalid',
        action.takesTill ? `Say which till to ${name}.` : `${name} takes no till.`,
      );
    }
    let listed = 0;
    const args = [
      action.command,
      ...(who === undefined ? [] : [who]),
      ...passedOn(options, ['config', 'data-dir', ...action.options]),
    ];
    const isDone = await runBox(args, io, line => {
      if (line.kind === 'terminal') {
        listed += 1;
        io.print(row(line.terminal));
      }
      if (line.kind !== 'certified') return;
      io.print(`${line.terminal.terminal}: ${line.files.join(', ')} are in ${line.folder}`);
      io.print(
        `It connects as ${line.terminal.terminal}, and asks for ${line.serverName}. Remove the folder from here once it is there.`,
      );
      if (line.warning !== null) io.print(line.warning);
    });
    if (name === 'list' && listed === 0)
      io.print('This box has given out no certificate yet: npm run provision -- till add TILL');
    return isDone;
  },
};

function row({ terminal, serial, issuedAtMs, isRevoked }: Terminal): string {
  const when = new Date(issuedAtMs).toISOString().slice(0, 16).replace('T', ' ');
  return `${terminal.padEnd(20)} ${when} UTC  ${serial}  ${isRevoked ? 'revoked' : 'good'}`;
}
