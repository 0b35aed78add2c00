/** `edge enrol`: from a data folder and a code to a box that can be started, with its settings beside it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { boxFiles } from '../box-files.ts';
import type { Environment } from '../config.ts';
import { writeAtomically } from '../identity/atomic-file.ts';
import { enrolBox } from './enrol.ts';
import { type Command, type Io, type Options, text, texts } from './io.ts';
import { readSettings, type Settings } from './settings.ts';

export const enrol: Command = {
  summary: 'make this machine a box of an event, with a code from the organizer',
  help: `  --code CODE             four groups of five, good for 15 minutes and for one box; - reads it from standard input, so that no
                          list of processes and no shell's history shows it
  --name NAME             what people call this box: "Main bar"
  --cloud URL             the cloud's address (needed the first time)
  --cloud-ca FILE         the cloud's CA as PEM, where the system doesn't know it
  --host NAME             a name or address by which tills reach this box; may be given more than once
  --passphrase-file FILE  the boot passphrase that wraps the keys; or put it into PULSERA_EDGE_PASSPHRASE

A run that was cut is repeated with the same code.`,
  operands: [],
  options: {
    code: { type: 'string' },
    name: { type: 'string' },
    cloud: { type: 'string' },
    'cloud-ca': { type: 'string' },
    host: { type: 'string', multiple: true },
    'passphrase-file': { type: 'string' },
  },
  async run({ options, io, tell }) {
    const name = text(options, 'name');
    if (name === undefined) {
      throw new Fault(
        'box-name-missing',
        'Give the name by which people will know this box: --name "Main bar".',
      );
    }
    const settings = readSettings(options, io, asVariables(options));
    const step = (words: string) => tell({ kind: 'step', step: words });
    const code = await codeOf(options, io, step);
    const { config } = settings;
    const box = await enrolBox(
      config,
      settings.passphrase(),
      {
        code,
        name,
        hosts: texts(options, 'host'),
        step,
      },
      io,
    );
    const configFile = keepSettings(settings);
    tell({ kind: 'enrolled', report: { ...box, configFile } });
    return true;
  },
};

async function codeOf(options: Options, io: Io, step: (words: string) => void): Promise<string> {
  const given = text(options, 'code');
  if (given !== undefined && given !== '-') return given;
  if (given === '-') {
    step('type the code, then Enter');
    const typed = (await io.readLine())?.trim();
    if (typed !== undefined && typed !== '') return typed;
  }
  throw new Fault(
    'enrolment-code-missing',
    'Give the code that the organizer made for this box: --code CODE, or --code - and the code on standard input.',
  );
}

/** A file that was given stays as it is; settings from options are kept in the data folder, for `start` and `doctor`. */
function keepSettings({ config, file }: Settings): string {
  if (file !== undefined) return resolve(file);
  const own = boxFiles(config.dataDir).config;
  if (existsSync(own)) return own;
  const { cloud, passphrase } = config;
  const kept = {
    cloud: { url: cloud.url, ...(cloud.caFile === undefined ? {} : { caFile: resolve(cloud.caFile) }) },
    ...(passphrase === undefined
      ? {}
      : { passphrase: 'file' in passphrase ? { file: resolve(passphrase.file) } : passphrase }),
  };
  writeAtomically(own, Buffer.from(`${JSON.stringify(kept, null, 2)}\n`));
  return own;
}

const VARIABLES = {
  cloud: 'PULSERA_EDGE_CLOUD_URL',
  'cloud-ca': 'PULSERA_EDGE_CLOUD_CA_FILE',
  'passphrase-file': 'PULSERA_EDGE_PASSPHRASE_FILE',
} as const;

function asVariables(options: Options): Environment {
  return Object.fromEntries(
    Object.entries(VARIABLES).flatMap(([option, variable]) => {
      const value = text(options, option);
      return value === undefined ? [] : [[variable, value]];
    }),
  );
}
