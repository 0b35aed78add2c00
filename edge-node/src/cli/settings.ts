/**
 * The settings of a command: a configuration file, variables over it, options over those. Without any file a box's settings are in the
 * `edge.json` that enrolment left in its data folder, so that `doctor` needs no argument on a box that was set up by hand.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { boxFiles } from '../box-files.ts';
import { type Config, type Environment, readConfig, readPassphrase } from '../config.ts';
import { type Io, type Options, text } from './io.ts';

export const DEFAULT_FOLDER = '.pulsera/edge';
/** What says where the settings are, and is none itself. */
const CONFIG_VARIABLE = 'PULSERA_EDGE_CONFIG';
const PASSPHRASE_VARIABLE = 'PULSERA_EDGE_PASSPHRASE';

export const SETTINGS_OPTIONS = {
  config: { type: 'string' },
  'data-dir': { type: 'string' },
} as const;

export const SETTINGS_HELP = `  --config FILE      settings as JSON (or the variable ${CONFIG_VARIABLE})
  --data-dir DIR     the box's folder (default ${DEFAULT_FOLDER}); its edge.json is read when there is no --config`;

export interface Settings {
  readonly config: Config;
  /** Where they were read from; undefined: from options and variables alone. */
  readonly file: string | undefined;
  /** How a person calls a command of the box for these very settings; for cures. */
  command(name: string): string;
  /** @throws Fault `passphrase-missing`, `passphrase-file-unreadable` */
  passphrase(): string | null;
}

/**
 * @param given variables that options of the command stand for, stronger than the environment
 * @throws Fault `config-missing`, `config-unreadable`, `config-invalid`
 */
export function readSettings(
  options: Options,
  io: Pick<Io, 'env' | 'readFile'>,
  given: Environment = {},
): Settings {
  const { [CONFIG_VARIABLE]: named, ...environment } = { ...io.env, ...given };
  const dataDir = text(options, 'data-dir') ?? environment.PULSERA_EDGE_DATA_DIR;
  const inFolder = boxFiles(dataDir ?? DEFAULT_FOLDER).config;
  const file = text(options, 'config') ?? named ?? (existsSync(inFolder) ? inFolder : undefined);
  if (file === undefined && environment.PULSERA_EDGE_CLOUD_URL === undefined)
    throw noSettings(dataDir ?? DEFAULT_FOLDER);
  const content = file === undefined ? undefined : readText(file, io);
  const folder = dataDir ?? (names(content, 'dataDir') ? undefined : folderBeside(file));
  const read = readConfig(content, {
    ...environment,
    ...(folder === undefined ? {} : { PULSERA_EDGE_DATA_DIR: folder }),
  });
  const hasVariable =
    environment[PASSPHRASE_VARIABLE] !== undefined && environment[PASSPHRASE_VARIABLE] !== '';
  const source = read.passphrase ?? (hasVariable ? { env: PASSPHRASE_VARIABLE } : undefined);
  const config: Config = {
    ...read,
    dataDir: resolve(read.dataDir),
    ...(source === undefined ? {} : { passphrase: source }),
  };
  return {
    config,
    file,
    command: called(text(options, 'config') ?? named, dataDir),
    passphrase: () => readPassphrase(source, environment, path => readSecret(path, io)),
  };
}

function noSettings(folder: string): Fault {
  return new Fault(
    'config-missing',
    `Enrol this machine first (it needs --cloud URL the first time), or name its settings with --config: there are none in ${folder}.`,
  );
}

/** Enrolment's own file stands in the data folder; any other says where that is, or it is the usual one. */
function folderBeside(file: string | undefined): string {
  return file?.endsWith('edge.json') === true ? dirname(file) : DEFAULT_FOLDER;
}

function names(content: string | undefined, key: string): boolean {
  try {
    const value: unknown = JSON.parse(content ?? 'null');
    return typeof value === 'object' && value !== null && key in value;
  } catch {
    // The configuration's own reader says what is wrong with it.
    return false;
  }
}

function readText(file: string, io: Pick<Io, 'readFile'>): string {
  try {
    return io.readFile(file);
  } catch (cause) {
    throw new Fault('config-unreadable', `Give a configuration file that can be read: ${file} can't.`, {
      cause,
    });
  }
}

function readSecret(file: string, io: Pick<Io, 'readFile'>): string {
  try {
    return io.readFile(file);
  } catch (cause) {
    throw new Fault(
      'passphrase-file-unreadable',
      `Make ${file} readable: the boot passphrase should be in it.`,
      {
        cause,
      },
    );
  }
}

export function caOf({ caFile }: Config['cloud'], io: Pick<Io, 'readFile'>): string | undefined {
  if (caFile === undefined) return undefined;
  try {
    return io.readFile(caFile);
  } catch (cause) {
    throw new Fault(
      'ca-file-unreadable',
      `Give the cloud's CA certificate as a PEM file: ${caFile} can't be read.`,
      {
        cause,
      },
    );
  }
}

/** By the same file and folder, in full: npm changes into the project's folder first. */
function called(config: string | undefined, dataDir: string | undefined): Settings['command'] {
  const isUsual = config === undefined && resolve(dataDir ?? DEFAULT_FOLDER) === resolve(DEFAULT_FOLDER);
  const given = [
    ...(config === undefined ? [] : ['--config', quoted(resolve(config))]),
    ...(dataDir === undefined || isUsual ? [] : ['--data-dir', quoted(resolve(dataDir))]),
  ];
  return name => ['npm run edge --', name, ...given].join(' ');
}

/** For a shell, if it has to be. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
