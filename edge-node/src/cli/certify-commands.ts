/** `edge certify`, `edge terminals`, `edge revoke`. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { boxFiles } from '../box-files.ts';
import { openCredentials } from '../credentials.ts';
import { certify as certifyTill, terminals as listTerminals, revoke as revokeTill } from './certify.ts';
import { type Command, text } from './io.ts';
import { readSettings } from './settings.ts';

export const certify: Command = {
  summary: 'give a till its certificate, in a folder to carry there',
  help: `  --out FOLDER        where ca.pem, cert.pem and key.pem go (default till-TERMINAL)
  --public-key FILE   certify a key that the till made and keeps (P-256, PEM): no key.pem then
  --replace           shut out the certificate it has`,
  operands: ['TERMINAL'],
  options: { out: { type: 'string' }, 'public-key': { type: 'string' }, replace: { type: 'boolean' } },
  async run({ options, operands, io, tell }) {
    const [terminal = ''] = operands;
    const settings = readSettings(options, io);
    const { dataDir } = settings.config;
    const credentials = openCredentials(boxFiles(dataDir).vault, settings.passphrase(), io.random);
    const file = text(options, 'public-key');
    const certified = await certifyTill(
      dataDir,
      credentials,
      {
        terminal,
        folder: text(options, 'out') ?? `till-${terminal}`,
        replace: options.replace === true,
        ...(file === undefined ? {} : { publicKey: readKey(file, io.readFile) }),
      },
      io,
    );
    tell({ kind: 'certified', ...certified });
    return true;
  },
};

export const terminals: Command = {
  summary: 'list the certificates this box has given out',
  help: '  One line each: till, serial, when, and whether it is revoked.',
  operands: [],
  options: {},
  async run({ options, io, tell }) {
    const { config } = readSettings(options, io);
    for (const terminal of listTerminals(config.dataDir)) tell({ kind: 'terminal', terminal });
    return true;
  },
};

export const revoke: Command = {
  summary: 'shut a till or one of its certificates out, at once and for good',
  help: '  By till: every certificate it has. By serial: that one. The till can be certified anew afterwards.',
  operands: ['TERMINAL-OR-SERIAL'],
  options: {},
  async run({ options, operands, io, tell }) {
    const { config } = readSettings(options, io);
    for (const terminal of revokeTill(config.dataDir, operands[0] ?? ''))
      tell({ kind: 'terminal', terminal });
    return true;
  },
};

function readKey(file: string, readFile: (path: string) => string): string {
  try {
    return readFile(file);
  } catch (cause) {
    throw new Fault('bad-public-key', `Give the till's public key as a PEM file: ${file} can't be read.`, {
      cause,
    });
  }
}
