/**
 * What a box is told at start: a JSON file, and PULSERA_EDGE_* variables over it. Parsed once; every problem is reported together, with
 * its path or its variable. A key nobody knows is refused: a misspelt one must not be quietly the default.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { TillId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';

/** 0: any free one, told at start. */
const anyPort = z.int().min(0).max(65_535);
const path = z.string().min(1);
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a name of 1 to 32 of a-z, 0-9 and -');

const Reader = z.discriminatedUnion('kind', [
  /** Wired to the box. `match`: a part of the name that PC/SC gives it; needed when there are several. */
  z.strictObject({ kind: z.literal('pcsc'), name, till: TillId, match: z.string().min(1).optional() }),
  /** In this process: demo and training. */
  z.strictObject({ kind: z.literal('virtual'), name, till: TillId }),
  /** Behind its till, scripts over MQTT. */
  z.strictObject({ kind: z.literal('terminal'), name, till: TillId }),
]);

const Config = z
  .strictObject({
    /** Journal, vault and plan lie here. */
    dataDir: path,
    cloud: z.strictObject({
      /** HTTPS, or plain HTTP to this very machine. */
      url: z.url({ protocol: /^https?$/ }).refine(isSafe, 'must be https, except to localhost'),
      /** PEM of the authority that signed the cloud's certificate; left out: the system's. */
      caFile: path.optional(),
    }),
    mqtt: z
      .strictObject({ host: z.string().min(1).default('0.0.0.0'), port: anyPort.default(8883) })
      .prefault({}),
    /** `/health` and `/metrics`, on loopback only. */
    healthPort: anyPort.default(9464),
    readers: z.array(Reader).default([]),
    logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    /** Where the boot passphrase is; left out: keys lie unwrapped, and doctor says so. */
    passphrase: z
      .union(
        [z.strictObject({ env: z.string().regex(/^[A-Z][A-Z0-9_]*$/) }), z.strictObject({ file: path })],
        'either {"env": NAME} or {"file": PATH}',
      )
      .optional(),
    /** The journal may take this much of the disk; left out: as much as there is. */
    journalMaxMegabytes: z.int().min(32).optional(),
  })
  .superRefine(({ readers, mqtt, healthPort }, context) => {
    for (const key of ['name', 'till'] as const) {
      for (const [i, reader] of readers.entries()) {
        if (readers.findIndex(other => other[key] === reader[key]) === i) continue;
        const message = `${reader[key]} is already taken by another reader`;
        context.addIssue({ code: 'custom', path: ['readers', i, key], message });
      }
    }
    if (healthPort !== 0 && healthPort === mqtt.port) {
      context.addIssue({ code: 'custom', path: ['healthPort'], message: 'is the port of mqtt' });
    }
  });

export type Config = z.infer<typeof Config>;
export type ReaderConfig = Config['readers'][number];

/** Variables and where they go. Numbers and lists are written as JSON, the rest as it is. */
const VARIABLES: Readonly<Record<string, { readonly path: readonly string[]; readonly json?: true }>> = {
  PULSERA_EDGE_DATA_DIR: { path: ['dataDir'] },
  PULSERA_EDGE_CLOUD_URL: { path: ['cloud', 'url'] },
  PULSERA_EDGE_CLOUD_CA_FILE: { path: ['cloud', 'caFile'] },
  PULSERA_EDGE_MQTT_HOST: { path: ['mqtt', 'host'] },
  PULSERA_EDGE_MQTT_PORT: { path: ['mqtt', 'port'], json: true },
  PULSERA_EDGE_HEALTH_PORT: { path: ['healthPort'], json: true },
  PULSERA_EDGE_READERS: { path: ['readers'], json: true },
  PULSERA_EDGE_LOG_LEVEL: { path: ['logLevel'] },
  PULSERA_EDGE_PASSPHRASE_FILE: { path: ['passphrase', 'file'] },
  PULSERA_EDGE_JOURNAL_MAX_MEGABYTES: { path: ['journalMaxMegabytes'], json: true },
};

/** Holds the passphrase itself, never a setting: what `{"passphrase": {"env": …}}` usually names. */
const PASSPHRASE = 'PULSERA_EDGE_PASSPHRASE';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param file the text of the JSON file; undefined when there is none and the environment says all.
 * @throws Fault `config-invalid` whose message lists every problem
 */
export function readConfig(file: string | undefined, environment: Environment): Config {
  const problems: string[] = [];
  const settings = fromFile(file, problems);
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || variable === PASSPHRASE || !variable.startsWith('PULSERA_EDGE_')) continue;
    const target = Object.hasOwn(VARIABLES, variable) ? VARIABLES[variable] : undefined;
    if (target === undefined) problems.push(`${variable}: is not a setting`);
    else put(settings, target.path, target.json ? fromJson(text) : text);
  }
  const parsed = Config.safeParse(settings);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap(described));
  if (problems.length > 0 || !parsed.success) {
    throw new Fault('config-invalid', `Correct the configuration: ${problems.join('; ')}.`, {
      detail: { problems: problems.length },
    });
  }
  return parsed.data;
}

/**
 * The boot passphrase, or null when none is configured. A file's last line break isn't part of it.
 * @throws Fault `passphrase-missing` when there is nothing where it should be
 */
export function readPassphrase(
  source: Config['passphrase'],
  environment: Environment,
  readFile: (path: string) => string,
): string | null {
  if (source === undefined) return null;
  const passphrase = 'env' in source ? environment[source.env] : readFile(source.file).replace(/\r?\n$/, '');
  if (passphrase === undefined || passphrase === '') {
    const where = 'env' in source ? `the variable ${source.env}` : source.file;
    throw new Fault('passphrase-missing', `Put the boot passphrase into ${where}: it is empty.`);
  }
  return passphrase;
}

type Settings = Record<string, unknown>;

function fromFile(file: string | undefined, problems: string[]): Settings {
  if (file === undefined) return {};
  try {
    const value: unknown = JSON.parse(file);
    if (isObject(value)) return value;
    problems.push('the file: is not a JSON object');
  } catch (error) {
    problems.push(`the file: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {};
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function put(settings: Settings, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    settings[first] = value;
    return;
  }
  const inner = settings[first];
  // What is no object stays, for the schema to complain about.
  if (inner !== undefined && !isObject(inner)) return;
  const copy: Settings = { ...inner };
  put(copy, rest, value);
  settings[first] = copy;
}

function described({ path: at, message, ...issue }: z.core.$ZodIssue): string[] {
  const prefix = at.length === 0 ? '' : `${at.join('.')}.`;
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => `${prefix}${key}: is not a setting`);
  return [`${at.join('.') || 'the whole'}: ${message}`];
}

function isObject(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tokens and journals don't go in the clear over a network. What is no URL has been named as such already. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
