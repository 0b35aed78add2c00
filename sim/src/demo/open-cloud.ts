/** A cloud, on a PostgreSQL of its own if need be, behind a certificate that boxes have to be told to trust. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningCloud, startCloud } from '@pulsera/cloud-api/cloud';
import { parseConfig } from '@pulsera/cloud-api/config';
import { createCa, issueServerCertificate } from '@pulsera/edge-node/broker/ca';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { world } from './world.ts';

export interface OpenCloud {
  readonly cloud: RunningCloud;
  /** PEM. */
  readonly ca: string;
  /** The same, for a box's settings. */
  readonly caFile: string;
}

/**
 * @param folder everything of it lies there, in `cloud` and `tls`
 * @param databaseUrl of a PostgreSQL that the caller brings; it starts its own when left out
 */
export async function openCloud(folder: string, databaseUrl?: string): Promise<OpenCloud> {
  const ca = await createCa(world.crypto, 'sim-cloud');
  const server = await issueServerCertificate(world.crypto, ca, 'sim-cloud', ['127.0.0.1', 'localhost']);
  const tls = join(folder, 'tls');
  mkdirSync(tls, { recursive: true, mode: 0o700 });
  const file = (name: string, text: string) => {
    writeFileSync(join(tls, name), text, { mode: 0o600 });
    return join(tls, name);
  };
  const secret = () => toHex(world.random(32));
  const brought = databaseUrl !== undefined && {
    database: { ownerUrl: databaseUrl },
    secrets: { adminToken: secret(), masterKey: secret(), signingKey: secret() },
  };
  const config = parseConfig({
    port: 0,
    stateFolder: join(folder, 'cloud'),
    tls: { certFile: file('cert.pem', server.cert), keyFile: file('key.pem', server.key) },
    logLevel: 'silent',
    ...brought,
  });
  const cloud = await startCloud(config, { nowMs: world.nowMs, randomBytes: world.random });
  return { cloud, ca: ca.cert, caFile: file('ca.pem', ca.cert) };
}
