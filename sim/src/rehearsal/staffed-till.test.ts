import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { arrived } from '../../test/rehearsal/arrived.ts';
import { atTill, type Grounds } from './at-till.ts';
import type { Holder } from './holding-out.ts';
import { QUIET } from './setting.ts';
import { type Post, Site } from './site.ts';
import { StaffedTill } from './staffed-till.ts';
import { Tally } from './tally.ts';

const SHIFT = { operator: 'sam', floatMinor: 5_000 };
let site: Site;
let till: StaffedTill;
let guest: Holder;
let grounds: Grounds;

beforeEach(async () => {
  site = new Site(1, QUIET);
  site.open();
  guest = await site.time.until(arrived(site));
  till = new StaffedTill(site, site.posts[0] as Post);
  grounds = { site, tills: [till], tally: new Tally() };
  await pass(5_000);
});
afterEach(() => site.close());

const pass = (ms: number) => site.time.until(site.time.sleep(ms));
const topUp = (tender: 'cash' | 'card') => {
  const luck = { random: site.chance.of('luck'), id: () => site.chance.uuid('ids') };
  return site.time.until(
    atTill(grounds, guest, luck, async tap => {
      const answer = await tap('topup', { amountMinor: 700, tender }, 700);
      expect(answer).toMatchObject({ outcome: 'approved' });
    }),
  );
};
const journaled = () => {
  const { journal } = till.post.box;
  return journal
    .entriesAfter(0 as never, 1e6, 1e9)
    .map(decodeEntry)
    .flatMap(({ kind, body }) => {
      if (kind === 'shift-opened') return [`${body.operator} opens with ${body.floatMinor}`];
      if (kind === 'shift-closed')
        return [`${body.operator} counts ${body.countedMinor} of ${body.expectedMinor}`];
      return kind === 'tap' ? [`tap of ${body.operator}`] : [];
    });
};

it('counts the cash that is really there, and none of what was paid by card', async () => {
  await site.time.until(till.open(SHIFT));
  await topUp('cash');
  await topUp('card');
  await site.time.until(till.close(-20));
  expect(journaled()).toEqual(['sam opens with 5000', 'tap of sam', 'tap of sam', 'sam counts 5680 of 5700']);
  expect(till.post.drawer.minor).toBe(0);
});

it('closes what the last operator has left open, and begins anew', async () => {
  await site.time.until(till.open(SHIFT));
  await topUp('cash');
  await site.time.until(till.open({ operator: 'bo', floatMinor: 100 }));
  await topUp('cash');
  expect(journaled()).toEqual([
    'sam opens with 5000',
    'tap of sam',
    'bo counts 5700 of 5700',
    'bo opens with 100',
    'tap of bo',
  ]);
});

it('opens another shift, with what lies in the drawer, when the box has forgotten the one there was', async () => {
  await site.time.until(till.open(SHIFT));
  await topUp('cash');
  till.post.box.restore();
  till.post.box.start();
  await pass(30_000);
  await topUp('cash');
  expect(journaled()).toEqual(['sam opens with 5700', 'tap of sam']);
  expect(till.post.drawer.minor).toBe(6_400);
});

it('whose shift can not be opened sells all the same, in nobody’s name', async () => {
  await site.time.until(till.open({ ...SHIFT, operator: 'nobody-we-know' }));
  await topUp('cash');
  expect(journaled()).toEqual(['tap of null']);
});
