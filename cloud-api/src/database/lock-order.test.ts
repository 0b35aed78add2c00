/** Requests that meet at the same rows: what PostgreSQL ends goes again, and the order of locks leaves little to end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { load } from '../../test/journal-box.ts';
import { holdLock, waitingForLocks } from '../../test/locks.ts';
import { register, sendBatch, sender } from '../../test/sending.ts';

let cloud: TestCloud;
let festival: Festival;
beforeAll(async () => {
  cloud = await testCloud();
  festival = await createFestival(cloud);
  await cloud.database.asOwner('CREATE SEQUENCE times_written');
  await cloud.database.asOwner(
    `CREATE FUNCTION end_the_first() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
     BEGIN
       -- A sequence is not rolled back: it remembers that it was here.
       IF nextval('times_written') = 1 THEN RAISE EXCEPTION 'ended by the test' USING ERRCODE = 'deadlock_detected'; END IF;
       RETURN NEW;
     END $$`,
  );
  await cloud.database.asOwner(
    `CREATE TRIGGER end_the_first BEFORE UPDATE ON journal_head FOR EACH ROW WHEN (NEW.box_id = 0)
     EXECUTE FUNCTION end_the_first()`,
  );
});
afterAll(() => cloud[Symbol.asyncDispose]());

let chipNumber = 0;
const credit = (wallet: string, reference: string) =>
  cloud.call('POST', `${festival.path}/wallets/${wallet}/credits`, { body: { mainMinor: 500, reference } });
const asWristband = ({ uid, wallet, generation, root }: Chip) => ({
  uid,
  wallet,
  generation,
  ageClass: 18,
  keySet: 1,
  rootImage: Buffer.from(root).toString('hex'),
});

test.each([
  ['a credit', (chip: Chip) => credit(chip.wallet, `pay-${chip.uid}`)],
  [
    'a block',
    ({ uid }: Chip) =>
      cloud.call('POST', `${festival.path}/wristbands/${uid}/block`, { body: { reason: 'lost' } }),
  ],
  [
    'a registration',
    () =>
      cloud.call('POST', `${festival.path}/wristbands`, {
        body: { wristbands: [asWristband(new Chip(++chipNumber))] },
      }),
  ],
  [
    'a replacement',
    ({ wallet }: Chip) => {
      const { uid, generation, ...body } = asWristband(new Chip(++chipNumber));
      return cloud.call('POST', `${festival.path}/wallets/${wallet}/replacement`, {
        body: { toUid: uid, ageClass: body.ageClass, keySet: body.keySet, rootImage: body.rootImage },
      });
    },
  ],
  [
    'a revocation',
    async () => {
      const { enrolled } = await sender(cloud, festival);
      return cloud.call('POST', `${festival.path}/edges/${enrolled.boxId}/revoke`);
    },
  ],
])('%s that PostgreSQL ends in favour of another goes again', async (_name, ask) => {
  const chip = new Chip(++chipNumber);
  await register(cloud, festival, [chip]);
  await cloud.database.asOwner('ALTER SEQUENCE times_written RESTART');
  expect(await ask(chip)).toMatchObject({ status: 200 });
  const { rows } = await cloud.database.asOwner('SELECT last_value::int AS times FROM times_written');
  expect(rows[0].times).toBeGreaterThan(1);
});

test('while it waits for the cloud’s journal a registration holds nothing that belongs to that journal', async () => {
  const box = await sender(cloud, festival);
  const owner = new Chip(++chipNumber);
  await register(cloud, festival, [owner]);
  expect(await credit(owner.wallet, 'a-balance-of-box-0')).toMatchObject({ status: 200 });
  // Met under another wallet than it is registered with: what its taps posted there must be moved.
  const met = new Chip(++chipNumber, 0, 1, owner.wallet);
  box.journal.tap(met, [load(100)]);
  await sendBatch(cloud, box, box.journal.batch());

  const head = 'SELECT 1 FROM journal_head WHERE event_id = $1 AND box_id = 0 FOR UPDATE';
  const { found, registered } = await (async () => {
    await using held = await holdLock(cloud.database, head, [festival.eventId]);
    const registered = register(cloud, festival, [new Chip(chipNumber)]);
    await waitingForLocks(cloud.database, 1);
    const balance = `SELECT amount_minor::int FROM balance
      WHERE event_id = $1 AND account = $2 AND box_id = 0 FOR UPDATE NOWAIT`;
    const found = held.query(balance, [festival.eventId, `wallet-main:${owner.wallet}`]);
    return { found: await found.catch(String), registered };
  })();
  await registered;
  expect(found).toMatchObject({ rows: [{ amount_minor: -500 }] });
});
