/** openapi.json as the routes are: `npm run openapi -w cloud-api` writes it, a test compares it. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildApp } from './app.ts';
import { openPool } from './database/pool.ts';
import { signerFromSeed } from './keys/ed25519.ts';
import { makeVault } from './keys/vault.ts';
import { postgresStore } from './ledger/store/postgres/store.ts';

export const OPENAPI_FILE = fileURLToPath(new URL('../openapi.json', import.meta.url));

/** The document's text. Needs neither database nor keys: no route is called. */
export async function openapiText(): Promise<string> {
  const zeros = (length: number) => new Uint8Array(length);
  const pool = openPool({ url: 'postgres://nobody@127.0.0.1:1/none', connections: 1, onIdleError: () => {} });
  const app = await buildApp(
    {
      pool,
      store: postgresStore(pool),
      world: { nowMs: () => 0, randomBytes: zeros },
      vault: makeVault(zeros(32), zeros),
      signer: signerFromSeed(zeros(32)),
      sessionKey: zeros(32),
      adminToken: '',
    },
    { logLevel: 'silent', requestsPerMinute: 1, trustedProxies: 0 },
  );
  await app.ready();
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  await app.close();
  await pool.end();
  return text;
}

if (import.meta.main) writeFileSync(OPENAPI_FILE, await openapiText());
