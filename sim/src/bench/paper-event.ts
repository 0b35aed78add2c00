/** An event on paper: a box enrolled by hand and a plan signed by a cloud that isn't there, for benches that need none. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { type Enrolment, saveEnrolment } from '@pulsera/edge-node/identity/enrolment';
import { createIdentity } from '@pulsera/edge-node/identity/identity';
import { createVault } from '@pulsera/edge-node/identity/vault';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { Epoch, KeySetNumber, OperatorId, PlanVersion, TenantId } from '@pulsera/firmware-protocol/ids';
import { type Plan, signPlan } from '@pulsera/firmware-protocol/wire/plan';
import type { CatalogueRow } from '../demo/catalogue.ts';
import { OPERATOR } from '../demo/organizer.ts';
import { world } from '../demo/world.ts';
import { type BenchTill, CAPS } from './bar.ts';
import { BENCH_BOX, BENCH_EVENT } from './box-journal.ts';

/** Makes `dataDir` the folder of a box that can sell. */
export function enrolOnPaper(
  dataDir: string,
  catalogue: readonly CatalogueRow[],
  tills: readonly BenchTill[],
): Enrolment {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const files = boxFiles(dataDir);
  const cloud = generateKeyPairSync('ed25519');
  const vault = createVault(files.vault, null, world.random);
  createIdentity(vault, world.random);
  const key = () => toHex(world.random(16));
  const enrolment: Enrolment = {
    tenantId: 1 as TenantId,
    eventId: BENCH_EVENT,
    boxId: BENCH_BOX,
    epoch: 1 as Epoch,
    cloudPublicKey: cloud.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
    keySets: [{ number: 1 as KeySetNumber, purse: key(), access: key(), password: key() }],
  };
  saveEnrolment(vault, enrolment);
  const signed = signPlan(paperPlan(catalogue, tills), message => sign(null, message, cloud.privateKey));
  writeFileSync(files.plan, signed, { mode: 0o600 });
  return enrolment;
}

function paperPlan(catalogue: readonly CatalogueRow[], tills: readonly BenchTill[]): Plan {
  return {
    version: 1 as PlanVersion,
    eventId: BENCH_EVENT,
    event: { name: 'Bench', currency: 'EUR', exponent: 2, timeZone: 'Europe/Paris', endsAtMs: 0 },
    stands: [...new Set(catalogue.map(({ stand }) => stand))].map(id => ({ id, name: id })),
    products: catalogue.map(({ product, stand, name, priceMinor, taxRateBp, depositMinor }) => ({
      id: product,
      name,
      kind: depositMinor < 0 ? 'deposit-return' : 'sale',
      stand,
      priceMinor,
      taxRateBp,
      depositMinor: Math.abs(depositMinor),
    })),
    prices: [],
    tills: tills.map(({ id, stand, kind }) => ({ id, stand, kind, name: id })),
    staff: [{ id: OPERATOR as OperatorId, name: OPERATOR, role: 'supervisor' }],
    zones: [],
    rules: {},
    caps: CAPS,
    keySets: [1 as KeySetNumber],
  };
}
