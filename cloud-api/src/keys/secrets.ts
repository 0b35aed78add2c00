/** The cloud's own secrets: as configured, or made once and kept in files beside the embedded database. */
import { hkdfSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { CloudConfig } from '../config.ts';
import { type Signer, signerFromSeed } from './ed25519.ts';

export interface Secrets {
  readonly adminToken: string;
  readonly signer: Signer;
  /** 32 bytes each, derived from the master key, so that no key serves two purposes. */
  readonly vaultKey: Uint8Array;
  readonly sessionKey: Uint8Array;
  /** Password of the database role `pulsera_app`: the same in every process, so that any of them may set it. */
  readonly appPassword: string;
}

export function loadSecrets(config: CloudConfig, randomBytes: (length: number) => Uint8Array): Secrets {
  const read = (name: string, configured: string | undefined) =>
    configured ?? readOrMake(join(config.stateFolder, name), () => toHex(randomBytes(32)));
  const { secrets } = config;
  const masterKey = fromHex(read('master.key', secrets.masterKey));
  const derive = (purpose: string) =>
    new Uint8Array(hkdfSync('sha256', masterKey, '', `pulsera/${purpose}`, 32));
  return {
    adminToken: read('admin.token', secrets.adminToken),
    signer: signerFromSeed(fromHex(read('signing.key', secrets.signingKey))),
    vaultKey: derive('vault'),
    sessionKey: derive('session'),
    appPassword: toHex(derive('app-password')),
  };
}

function readOrMake(file: string, make: () => string): string {
  mkdirSync(join(file, '..'), { recursive: true });
  try {
    writeFileSync(file, `${make()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new Fault('secret-file-damaged', `Restore ${file} from a backup: it must hold 64 hex characters.`, {
      detail: { file },
    });
  }
  return text;
}
