import { accounts } from '@pulsera/firmware-protocol/money/account';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { arrived, PATIENT } from '../../test/rehearsal/arrived.ts';
import { rowsOf } from './archive.ts';
import { auditArchive } from './auditor/archived.ts';
import type { SimBox } from './box.ts';
import type { Guest } from './guest.ts';
import type { Holder } from './holding-out.ts';
import { QUIET } from './setting.ts';
import { type Post, Site } from './site.ts';
import { visit } from './visit.ts';

let site: Site;
let box: SimBox;
let holder: Holder;
let guest: Guest;

beforeEach(async () => {
  site = new Site(1, QUIET);
  site.open();
  holder = await site.time.until(arrived(site));
  [box, guest] = [site.boxes[0] as SimBox, site.guests[0] as Guest];
  await pass(5_000);
});
afterEach(() => site.close());

const pass = (ms: number) => site.time.until(site.time.sleep(ms));
const topUp = (): Promise<TapResult> => {
  const request = {
    tapId: site.chance.uuid('taps') as never,
    operator: null,
    shift: null,
    amountMinor: 1000,
    tender: 'cash',
  };
  const order = { leaf: 'topup', request, agreedMinor: 1000 } as const;
  return site.time.until(visit(site, site.posts[0] as Post, holder, order, PATIENT));
};
const rows = async () => rowsOf(await site.time.until(site.cloud.archive()));
const owedMinor = async () => 0 - ((await rows()).balances[accounts.walletMain(guest.wallet)] ?? 0);

it('books what a box sends, and tells every box what was paid online', async () => {
  await topUp();
  await site.time.until(site.cloud.payOnline(guest.wallet, 700, 0, 'payment-1'));
  await pass(2_000);
  expect(await owedMinor()).toBe(1700);
  expect(await topUp()).toMatchObject({ outcome: 'approved', loadedMinor: 700, balanceMinor: 2700 });
});

it.each(['before-commit', 'after-commit'] as const)(
  'dies %s of a batch, and holds it once when it is back',
  async at => {
    site.cloud.crash(at, 10_000);
    await topUp();
    await pass(5_000);
    expect(box.sync.state().cutOffSinceMs).not.toBeNull();
    await pass(60_000);
    expect(box.sync.state()).toMatchObject({ cutOffSinceMs: null, lagEntries: 0 });
    expect(await owedMinor()).toBe(1000);
  },
);

it('books nothing while its database is away, and all of it afterwards', async () => {
  site.cloud.databaseAway(true);
  await topUp();
  await pass(30_000);
  expect(box.sync.state().lagEntries).toBeGreaterThan(0);
  site.cloud.databaseAway(false);
  await pass(60_000);
  expect(box.sync.state()).toMatchObject({ cutOffSinceMs: null, lagEntries: 0 });
  expect(await owedMinor()).toBe(1000);
});

it('hears a revoked box no more, and sets aside what it still sends', async () => {
  await site.time.until(site.cloud.revoke(box.number));
  await topUp();
  await pass(60_000);
  const { quarantined, cases } = await rows();
  expect(quarantined).toContainEqual({ box: box.number, epoch: 1 });
  expect(cases.map(({ kind }) => kind)).toContain('journal-revoked');
  expect(await owedMinor()).toBe(0);
});

it('is exported as an archive that holds, and that an auditor of archives would not let pass if it did not', async () => {
  await topUp();
  await pass(2_000);
  const archive = await site.time.until(site.cloud.archive());
  expect(await auditArchive(archive, 0)).toEqual([]);
  const forged = archive.map(item => (item.type === 'balance' ? { ...item, amountMinor: 1 } : item));
  const found = await auditArchive(forged, 0);
  expect(found.map(({ what }) => what).join('\n')).toContain('All accounts sum to zero: it does not');
});
