import type { Pool } from 'pg';
import type { Signer } from './keys/ed25519.ts';
import type { Vault } from './keys/vault.ts';
import type { Store } from './ledger/store/store.ts';
import type { World } from './world.ts';

/** What every domain's routes are handed. */
export interface Cloud {
  /** What organizers set up. */
  readonly pool: Pool;
  /** What is sold, paid and owed, in the same database. */
  readonly store: Store;
  readonly world: World;
  readonly vault: Vault;
  readonly signer: Signer;
  /** 32 bytes: authenticates nonces and bearer tokens of boxes, in every process alike. */
  readonly sessionKey: Uint8Array;
  readonly adminToken: string;
}
