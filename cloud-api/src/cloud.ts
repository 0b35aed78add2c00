/** One cloud process, from configuration to a listening server; in a program of its own or inside the simulator. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { FastifyBaseLogger } from 'fastify';
import { buildApp } from './app.ts';
import type { CloudConfig } from './config.ts';
import type { Cloud } from './context.ts';
import { migrateDatabase } from './database/migrate.ts';
import { openPool } from './database/pool.ts';
import { type Server, startServer } from './database/server.ts';
import { loadSecrets, type Secrets } from './keys/secrets.ts';
import { makeVault } from './keys/vault.ts';
import { postgresStore } from './ledger/store/postgres/store.ts';
import type { World } from './world.ts';

export interface RunningCloud {
  /** Where it listens, as `https://127.0.0.1:8080`. */
  readonly url: string;
  /** The bootstrap token, as configured or as made. */
  readonly adminToken: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly log: FastifyBaseLogger;
  /** What the routes work with, for programs that look into the database from the same process. */
  readonly cloud: Cloud;
  /** Finishes the requests at hand, then lets go of database and port. Leaves no process behind. */
  close(): Promise<void>;
}

/**
 * @param config as from `parseConfig` or `configFromEnvironment`
 * @throws Fault of the configuration, the keys, the database's start or `port-taken`
 */
export async function startCloud(config: CloudConfig, world: World): Promise<RunningCloud> {
  const tls = config.tls && { cert: readPem(config.tls.certFile), key: readPem(config.tls.keyFile) };
  const secrets = loadSecrets(config, world.randomBytes);
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const stop of closing.splice(0).reverse()) await stop();
  };
  try {
    const url = await openDatabase(config, secrets, world, closing);
    let log: FastifyBaseLogger | undefined;
    const pool = openPool({
      url,
      connections: config.database.connections,
      onIdleError: error => log?.warn({ err: error }, 'lost an idle database connection'),
    });
    closing.push(() => pool.end());
    const cloud: Cloud = {
      pool,
      store: postgresStore(pool),
      world,
      vault: makeVault(secrets.vaultKey, world.randomBytes),
      signer: secrets.signer,
      sessionKey: secrets.sessionKey,
      adminToken: secrets.adminToken,
    };
    const app = await buildApp(cloud, { ...config, metricsToken: config.secrets.metricsToken, tls });
    log = app.log;
    closing.push(() => app.close());
    const listening = await app.listen({ host: config.host, port: config.port }).catch(portTaken(config));
    return {
      url: listening,
      adminToken: secrets.adminToken,
      publicKey: secrets.signer.publicKey,
      log: app.log,
      cloud,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @returns the connection string of the unprivileged role */
async function openDatabase(
  config: CloudConfig,
  secrets: Secrets,
  world: World,
  closing: (() => Promise<unknown>)[],
): Promise<string> {
  const { ownerUrl, appUrl, binFolder } = config.database;
  if (ownerUrl === undefined && appUrl !== undefined) return appUrl;
  if (ownerUrl !== undefined) {
    // A login that was given keeps its password; the derived one is for a role that only we know of.
    const given = appUrl === undefined ? '' : decodeURIComponent(new URL(appUrl).password);
    const migrated = await migrateDatabase(ownerUrl, given === '' ? secrets.appPassword : given);
    return appUrl ?? migrated;
  }
  const server: Server = await startServer({
    folder: join(config.stateFolder, 'postgres'),
    newPassword: toHex(world.randomBytes(16)),
    ...(binFolder === undefined ? {} : { binFolder }),
  });
  closing.push(() => server.stop());
  return migrateDatabase(server.url, secrets.appPassword);
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('tls-file-unreadable', `Make ${file} readable, or correct the setting that names it.`, {
      cause,
      detail: { file },
    });
  }
}

const portTaken =
  ({ host, port }: CloudConfig) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Fault(
      'port-taken',
      `Something listens on ${host}:${port} already: stop it or set another port.`,
      {
        cause: error,
        detail: { host, port },
      },
    );
  };
