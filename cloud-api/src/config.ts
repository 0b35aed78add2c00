/** The cloud's settings: one schema, read once at start, every problem reported together. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { z } from 'zod';

const key32 = z.string().regex(/^[0-9a-f]{64}$/, '32 bytes as 64 lower-case hex characters');
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'a postgres:// connection string' });
const token = z.string().min(24, 'at least 24 characters').max(256);
const count = (least: number, most: number) => z.int().min(least).max(most);

export const CloudConfig = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    /** 0 takes any free port. */
    port: count(0, 65_535).default(8080),
    /** Where the embedded database and the keys generated with it lie. */
    stateFolder: z.string().min(1).default('.pulsera/cloud'),
    /** PEM files. With them boxes speak HTTPS to us; without, a proxy in front must. */
    tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
    database: z
      .strictObject({
        /** A login that may migrate and make roles; the API itself never works with it. */
        ownerUrl: postgresUrl.optional(),
        /** The login `pulsera_app`; alone, for a process that must not migrate. With `ownerUrl` its password is kept. */
        appUrl: postgresUrl.optional(),
        /** Folder of another PostgreSQL's binaries to embed. */
        binFolder: z.string().min(1).optional(),
        connections: count(1, 500).default(10),
      })
      .prefault({}),
    secrets: z
      .strictObject({
        /** Bearer token of the admin API until people can sign in. */
        adminToken: token.optional(),
        /** Seals key sets at rest, and sessions. Lost, every key set is lost. */
        masterKey: key32.optional(),
        /** Ed25519 seed: plans, checkpoints, the cloud's journal. */
        signingKey: key32.optional(),
        /** Lets a scraper read /metrics from another machine. */
        metricsToken: token.optional(),
      })
      .prefault({}),
    /** How many proxies in front may be believed about the client's address. */
    trustedProxies: count(0, 10).default(0),
    /** From one address. A whole festival may stand behind one. */
    requestsPerMinute: count(1, 10_000_000).default(20_000),
    logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  })
  .superRefine(({ database, secrets }, context) => {
    // Generated keys lie beside the embedded database and share its fate. For a database elsewhere they would be
    // lost with the first pod, so there they have to be given.
    if (database.ownerUrl === undefined && database.appUrl === undefined) return;
    for (const name of ['adminToken', 'masterKey', 'signingKey'] as const) {
      if (secrets[name] !== undefined) continue;
      context.addIssue({
        code: 'custom',
        path: ['secrets', name],
        message: 'needed with a database of your own',
      });
    }
  });
export type CloudConfig = z.infer<typeof CloudConfig>;
export type CloudSettings = z.input<typeof CloudConfig>;

/** Environment variable → place in the configuration; `number` where the text is one. */
const VARIABLES = {
  DATABASE_URL: ['database', 'ownerUrl'],
  PULSERA_CLOUD_DATABASE_APP_URL: ['database', 'appUrl'],
  PULSERA_CLOUD_DATABASE_CONNECTIONS: ['database', 'connections', 'number'],
  PULSERA_CLOUD_HOST: ['host'],
  PULSERA_CLOUD_PORT: ['port', 'number'],
  PULSERA_CLOUD_STATE: ['stateFolder'],
  PULSERA_CLOUD_PG_BIN: ['database', 'binFolder'],
  PULSERA_CLOUD_TLS_CERT_FILE: ['tls', 'certFile'],
  PULSERA_CLOUD_TLS_KEY_FILE: ['tls', 'keyFile'],
  PULSERA_CLOUD_ADMIN_TOKEN: ['secrets', 'adminToken'],
  PULSERA_CLOUD_MASTER_KEY: ['secrets', 'masterKey'],
  PULSERA_CLOUD_SIGNING_KEY: ['secrets', 'signingKey'],
  PULSERA_CLOUD_METRICS_TOKEN: ['secrets', 'metricsToken'],
  PULSERA_CLOUD_TRUSTED_PROXIES: ['trustedProxies', 'number'],
  PULSERA_CLOUD_REQUESTS_PER_MINUTE: ['requestsPerMinute', 'number'],
  PULSERA_CLOUD_LOG_LEVEL: ['logLevel'],
} as const satisfies Record<string, readonly string[]>;

/** @throws Fault `config-invalid`: the detail maps each path to what is wrong there */
export function parseConfig(settings: CloudSettings): CloudConfig {
  return parse(settings, path => path);
}

/**
 * From the environment. An empty variable is an absent one; a PULSERA_CLOUD_ name that isn't ours is a problem too.
 * @throws Fault `config-invalid`: the detail maps each variable to what is wrong with it
 */
export function configFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): CloudConfig {
  const settings: Record<string, unknown> = {};
  const names = new Map<string, string>();
  for (const [name, [first, second, third]] of Object.entries<readonly [string, string?, string?]>(
    VARIABLES,
  )) {
    const numeric = second === 'number' || third === 'number';
    const inner = second === 'number' ? undefined : second;
    names.set(inner === undefined ? first : `${first}.${inner}`, name);
    const text = environment[name];
    if (text === undefined || text === '') continue;
    const value = numeric && /^\d+$/.test(text) ? Number(text) : text;
    if (inner === undefined) settings[first] = value;
    else settings[first] = { ...(settings[first] as object | undefined), [inner]: value };
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('PULSERA_CLOUD_') && !Object.hasOwn(VARIABLES, name))
      settings[name] = environment[name];
  }
  return parse(settings, path => names.get(path) ?? path);
}

function parse(settings: unknown, nameOf: (path: string) => string): CloudConfig {
  const parsed = CloudConfig.safeParse(settings);
  if (parsed.success) return parsed.data;
  const detail: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')];
    for (const path of paths) {
      detail[nameOf(path)] = issue.code === 'unrecognized_keys' ? 'not a setting' : issue.message;
    }
  }
  const list = Object.entries(detail).map(([name, problem]) => `${name}: ${problem}`);
  throw new Fault('config-invalid', `Correct these settings, then start again. ${list.join('; ')}`, {
    detail,
  });
}
