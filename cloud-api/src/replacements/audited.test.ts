/** A wristband is replaced at a real cloud while a box is cut off; the auditor agrees with it from the export alone, all along. */

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CLOUD_BOX, type Epoch } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readItems } from '../../../sim/src/audit/archive.ts';
import { audit } from '../../../sim/src/audit/audit.ts';
import { Chip } from '../../test/chip.ts';
import { ADMIN_TOKEN, type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { buy, load } from '../../test/journal-box.ts';
import { register, type Sender, sendBatch, sender } from '../../test/sending.ts';
import { sha256 } from '../keys/sha256.ts';

let cloud: TestCloud;
let festival: Festival;
beforeAll(async () => {
  cloud = await testCloud();
  festival = await createFestival(cloud);
});
afterAll(() => cloud[Symbol.asyncDispose]());

/** Takes in all that the cloud wrote, and sends everything. */
async function sync({ enrolled, journal }: Sender): Promise<void> {
  const pulled = await fetch(`${cloud.url}/v1/edge/cloud-journal`, {
    headers: { authorization: `Bearer ${enrolled.token}` },
  });
  let hash = genesis(enrolled.eventId, CLOUD_BOX, 1 as Epoch, sha256);
  const { contents } = decodeBatch(new Uint8Array(await pulled.arrayBuffer()));
  for (const content of contents) hash = entryHash(hash, content, sha256);
  journal.append({ kind: 'cloud-cursor', body: { seq: contents.length as never, hash } });
  expect(await sendBatch(cloud, { enrolled, journal }, journal.batch())).toMatchObject({ status: 200 });
}

async function audited(isClosed: boolean) {
  const answer = await fetch(`${cloud.url}${festival.path}/export`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const chunks = Readable.from([Buffer.from(await answer.arrayBuffer())]).pipe(createGunzip());
  return (await audit(readItems(chunks), isClosed)).findings;
}

test('the auditor finds it held back, then whole in the new list, with the open taps closed', async () => {
  const [here, away] = [await sender(cloud, festival), await sender(cloud, festival)];
  const chip = new Chip(1);
  await register(cloud, festival, [chip]);
  here.journal.tap(chip, [load(5000)]);
  away.journal.tap(chip, [buy(2, 300)]);
  here.journal.tap(chip, [load(700)], 'kept');
  away.journal.tap(chip, [buy(1, 300)], 'written');
  await sync(here);
  const to = new Chip(2, 0, 2, chip.wallet);
  const body = { toUid: to.uid, keySet: 1, ageClass: 18, rootImage: Buffer.from(to.root).toString('hex') };
  const replaced = await cloud.call('POST', `${festival.path}/wallets/${chip.wallet}/replacement`, { body });
  expect(replaced).toMatchObject({ status: 200, body: { held: { mainMinor: 4700 } } });
  await sync(here);
  const before = await audited(false);
  expect(before.tallies.replacements).toMatchObject({ failed: 0, open: 1 });
  expect(before.holds).toBe(true);

  await sync(away);
  const after = await audited(true);
  expect(after.tallies.replacements).toMatchObject({ failed: 0, open: 0 });
  expect(after.tallies.liabilities).toMatchObject({ looked: 1, failed: 0, open: 0 });
  expect(after.holds).toBe(true);
  // 5,000 taken, 1,000 spent; the open charge is dropped, the open top-up is given back.
  const { body: wallet } = await cloud.call('GET', `${festival.path}/wallets/${chip.wallet}`);
  expect(wallet).toMatchObject({ mainMinor: 4700, held: [] });
});
