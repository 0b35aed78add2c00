import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { arrived, PATIENT } from '../../test/rehearsal/arrived.ts';
import type { Holder } from './holding-out.ts';
import { QUIET } from './setting.ts';
import { type Post, Site } from './site.ts';
import { visit } from './visit.ts';

let site: Site;
let post: Post;
let guest: Holder;

beforeEach(async () => {
  site = new Site(1, QUIET);
  site.open();
  guest = await site.time.until(arrived(site));
  post = site.posts.find(({ reader }) => reader.via === 'terminal') as Post;
  await site.time.until(site.time.sleep(5_000));
});
afterEach(() => site.close());

const topUp = () => {
  const request = {
    tapId: site.chance.uuid('taps'),
    operator: null,
    shift: null,
    amountMinor: 1000,
    tender: 'cash',
  };
  return visit(site, post, guest, { leaf: 'topup', request, agreedMinor: 1000 } as never, PATIENT);
};
const taps = () =>
  post.box.journal
    .entriesAfter(0 as never, 1e6, 1e9)
    .map(decodeEntry)
    .flatMap(({ kind, body }) => (kind === 'tap' ? [body] : []));

it('has its taps journaled as the claim of its till', async () => {
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
  expect(taps()).toMatchObject([{ till: post.till.id, via: 'terminal' }]);
});

const NOTHING = () => {};

it.each([
  ['the box loses its power', () => post.box.cut(), () => post.box.start()],
  ['the line to the box goes silent', () => post.wire.silence(), () => post.wire.mend()],
  ['the till crashes', () => post.till.crash(), NOTHING],
  ['the reader is unplugged', () => post.reader.unplug(), () => site.time.beside(post.reader.plug())],
])('finishes a tap of a script under way when %s', async (_, strike, mend) => {
  const work = topUp();
  site.time.after(350, strike);
  site.time.after(5_000, mend);
  expect(await site.time.until(work)).toMatchObject({ outcome: 'approved', balanceMinor: 1000 });
  expect(taps()).toHaveLength(1);
  expect(await site.time.until(topUp())).toMatchObject({ outcome: 'approved', balanceMinor: 2000 });
});
