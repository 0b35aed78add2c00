import type { Generation, Seq } from '@pulsera/firmware-protocol/ids';
import { type Draft, decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import {
  boxKey,
  cloudKey,
  image,
  SampleCloud,
  sampleOptions,
  scratch,
  sha256,
  uidOf,
  walletOf,
} from '../../test/journal-sample.ts';
import { type Journal, openJournal, verifyJournal } from './journal.ts';

const GENERATION = 1 as Generation;

function credit(number: number, mainMinor: number, bonusMinor = 0): Draft {
  const list = { wallet: walletOf(1), generation: GENERATION, number };
  return {
    kind: 'credited',
    body: { ...list, mainMinor, bonusMinor, source: 'online', reference: 'x', postings: postings() },
  };
}
const band = { uid: uidOf(1), wallet: walletOf(1), generation: GENERATION };
const block: Draft = { kind: 'blocked', body: { ...band, reason: 'fork' } };

let place: ReturnType<typeof scratch>;
let cloud: SampleCloud;
let journal: Journal;

beforeEach(() => {
  place = scratch();
  cloud = new SampleCloud();
  journal = openJournal(sampleOptions(place.dir));
});
afterEach(async () => {
  await journal.close();
  place.remove();
});

describe("the cloud's journal", () => {
  it('is obeyed and acknowledged in our own', async () => {
    cloud.write(credit(1, 500, 50), credit(2, 700), block);
    expect(await journal.appendCloud(cloud.batch())).toBe(3);
    expect(journal.cloudSeq).toBe(3);
    expect(journal.entriesAfter(0 as Seq, 9, 1e6).map(decodeEntry)).toMatchObject([
      { kind: 'cloud-cursor', body: { seq: 3, hash: new Uint8Array(cloud.batch().head.hash) } },
    ]);
    expect(journal.views.blocked(uidOf(1), walletOf(1), GENERATION)).toBe('fork');
    const options = sampleOptions(place.dir);
    const { verify } = boxKey;
    expect(verifyJournal({ ...options, sha256, verify, verifyCloud: cloudKey.verify }).cloudEntries).toBe(3);
    expect(() => verifyJournal({ ...options, sha256, verify, verifyCloud: boxKey.verify })).toThrow(
      thrown('journal-damaged'),
    );
  });

  it('says what a chip has not loaded yet', async () => {
    const due = (after: number) => journal.views.creditsAfter(walletOf(1), GENERATION, after);
    expect(due(0)).toEqual([]);
    await journal.appendCloud(cloud.write(credit(1, 500, 50), credit(2, 700)).batch());
    await journal.appendCloud(cloud.write(credit(3, 1, 2)).batch(2));
    const list = [
      { number: 1, mainMinor: 500, bonusMinor: 50 },
      { number: 2, mainMinor: 700, bonusMinor: 0 },
      { number: 3, mainMinor: 1, bonusMinor: 2 },
    ];
    expect(due(0)).toEqual(list);
    expect(due(1)).toEqual(list.slice(1));
    expect(due(3)).toEqual([]);
    expect(due(9)).toEqual([]);
    expect(journal.views.creditsAfter(walletOf(1), 2 as Generation, 0)).toEqual([]);
  });

  it('can come twice and overlapping', async () => {
    await journal.appendCloud(cloud.write(credit(1, 500)).batch());
    expect(await journal.appendCloud(cloud.batch())).toBe(1);
    expect(await journal.appendCloud(cloud.write(credit(2, 5)).batch(0))).toBe(2);
    expect(await journal.appendCloud(cloud.batch(0, 1))).toBe(2);
    expect(journal.lastSeq).toBe(2);
  });

  it('is refused with a gap, a flipped bit, a foreign or a short head, and a gap in a list', async () => {
    cloud.write(credit(1, 500), credit(2, 5), credit(4, 5));
    const good = cloud.batch(0, 2);
    const flipped = good.contents.map(content =>
      Uint8Array.from(content, (byte, i) => (i === 20 ? byte ^ 1 : byte)),
    );
    for (const [batch, code] of [
      [cloud.batch(1, 2), 'cloud-journal-gap'],
      [{ ...good, contents: flipped }, 'cloud-journal-broken'],
      [{ ...good, contents: good.contents.toReversed() }, 'cloud-journal-broken'],
      [{ ...good, contents: good.contents.slice(0, 1) }, 'cloud-journal-broken'],
      [{ ...good, head: { ...good.head, box: 3 as never } }, 'cloud-journal-broken'],
      [cloud.batch(0, 3), 'cloud-journal-broken'],
    ] as const) {
      await expect(journal.appendCloud(batch)).rejects.toEqual(thrown(code));
    }
    expect([journal.cloudSeq, journal.lastSeq]).toEqual([0, 0]);
    expect(journal.views.creditsAfter(walletOf(1), GENERATION, 0)).toEqual([]);
    expect(await journal.appendCloud(good)).toBe(2);
  });

  it('is refused where its entries are not those that the head was signed over, or follow others than are held', async () => {
    const other = new SampleCloud().write(credit(1, 9_999), credit(2, 5));
    const good = cloud.write(credit(1, 500), credit(2, 5)).batch();
    await expect(journal.appendCloud({ ...good, contents: other.contents })).rejects.toEqual(
      thrown('cloud-journal-broken'),
    );
    await journal.appendCloud(good);
    await expect(journal.appendCloud(other.write(credit(3, 7)).batch(2))).rejects.toEqual(
      thrown('cloud-journal-broken'),
    );
    expect(journal.views.creditsAfter(walletOf(1), GENERATION, 0)).toMatchObject([
      { mainMinor: 500 },
      { mainMinor: 5 },
    ]);
    expect(journal.cloudSeq).toBe(2);
  });

  it('names a wristband before it was ever tapped, and frees its plastic when it is personalised anew', async () => {
    const issue = (wallet: number): Draft => ({
      kind: 'issued',
      body: { ...band, wallet: walletOf(wallet), ageClass: 0, keySet: 1 as never, root: image(0, wallet) },
    });
    await journal.appendCloud(cloud.write(issue(1), block).batch());
    expect(journal.views.wallet(uidOf(1))).toMatchObject({ wallet: walletOf(1), counter: 0, last: null });
    expect(journal.views.blocked(uidOf(1), walletOf(2), GENERATION)).toBe('fork');
    await journal.appendCloud(cloud.write(issue(2)).batch(2));
    expect(journal.views.wallet(uidOf(1))).toMatchObject({ wallet: walletOf(2), image: image(0, 2) });
    expect(journal.views.blocked(uidOf(1), walletOf(2), GENERATION)).toBeUndefined();
    expect(journal.views.blocked(uidOf(9), walletOf(1), GENERATION)).toBe('fork');
  });

  it('takes the old wristband out of use when it is replaced', async () => {
    const toUid = uidOf(2);
    const generations = { fromGeneration: GENERATION, toGeneration: 2 as Generation };
    cloud.write({
      kind: 'replaced',
      body: { wallet: walletOf(1), fromUid: uidOf(1), toUid, ...generations },
    });
    await journal.appendCloud(cloud.batch());
    expect(journal.views.blocked(uidOf(1), walletOf(1), GENERATION)).toBe('replaced');
    expect(journal.views.blocked(toUid, walletOf(1), 2 as Generation)).toBeUndefined();
  });
});
