import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CloudStub } from '../../test/cloud-stub.ts';
import { cloudKey, sampleOptions, scratch, tapDraft } from '../../test/journal-sample.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import type { CloudLink } from './cloud-link.ts';
import { type BatchBounds, Uplink } from './uplink.ts';

const { signal } = new AbortController();
const SMALL: BatchBounds = { entries: 3, bytes: 100_000 };

let place: ReturnType<typeof scratch>;
let journal: Journal;
let cloud: CloudStub;
let taps = 0;
beforeEach(() => {
  place = scratch();
  journal = openJournal(sampleOptions(place.dir));
  cloud = new CloudStub();
  taps = 0;
});
afterEach(async () => {
  await journal.close();
  place.remove();
});

async function sell(entries: number): Promise<void> {
  for (let i = 0; i < entries; i++) await journal.append([tapDraft(++taps)]);
}

const uplinkOver = (link: Pick<CloudLink, 'sendBatch' | 'heldEpochs'>, bounds = SMALL) =>
  new Uplink({ journal, link, cloudVerify: cloudKey.verify, bounds });

async function drain(uplink: Uplink): Promise<void> {
  while (await uplink.step(signal));
}

const held = (epoch = 1) => cloud.contents(epoch as Epoch).map(content => [...content]);
const own = (epoch = 1) =>
  journal.entriesAfter(0 as Seq, 10_000, 1e9, epoch as Epoch).map(content => [...content]);

test('every entry arrives, in batches no larger than their bounds', async () => {
  await sell(5);
  await drain(uplinkOver(cloud));
  expect(held()).toEqual(own());
  expect(cloud.batches).toBe(2);
  expect(journal.checkpoint()).toMatchObject({ seq: 5 });
});

test('what piled up in an outage goes in ever larger batches, up to a bound, and in small ones after a failure', async () => {
  await sell(50);
  const sizes: number[] = [];
  let isCut = false;
  const link = {
    heldEpochs: () => cloud.heldEpochs(),
    sendBatch: async (batch: Uint8Array) => {
      if (isCut) throw new Fault('cloud-unreachable', 'cut');
      sizes.push(decodeBatch(batch).contents.length);
      return cloud.sendBatch(batch);
    },
  };
  const uplink = uplinkOver(link);
  for (let n = 0; n < 3; n++) await uplink.step(signal);
  isCut = true;
  await uplink.step(signal).catch(() => undefined);
  isCut = false;
  await drain(uplink);
  expect(sizes).toEqual([3, 6, 12, 3, 6, 12, 8]);
  expect(held()).toEqual(own());
});

test('a batch is bounded by its bytes too, but holds one entry at least', async () => {
  await sell(3);
  await drain(uplinkOver(cloud, { entries: 500, bytes: 1 }));
  expect(cloud.batches).toBe(3);
  expect(held()).toEqual(own());
});

test('a box that starts again goes on behind the last checkpoint', async () => {
  await sell(3);
  await drain(uplinkOver(cloud));
  await sell(1);
  const before = cloud.batches;
  await drain(uplinkOver(cloud));
  expect(cloud.batches).toBe(before + 1);
  expect(held()).toEqual(own());
});

test('nothing to send is nothing sent', async () => {
  expect(await uplinkOver(cloud).step(signal)).toBe(false);
  expect(cloud.batches).toBe(0);
});

test('a cloud put back from a backup is sent again what it lost', async () => {
  await sell(6);
  const uplink = uplinkOver(cloud);
  await drain(uplink);
  cloud.forgetAfter(2);
  await sell(1);
  await drain(uplink);
  expect(held()).toEqual(own());
});

test('a gap that is none is not obeyed, or a box would send for ever', async () => {
  await sell(2);
  const link = {
    heldEpochs: async () => [],
    sendBatch: async () => {
      throw new Fault('journal-gap', 'gap', { detail: { expectedSeq: 99 } });
    },
  };
  await expect(uplinkOver(link).step(signal)).rejects.toMatchObject({ code: 'cloud-answer-invalid' });
});

test('a checkpoint that the cloud did not sign is no checkpoint', async () => {
  await sell(2);
  const link = {
    heldEpochs: async () => [],
    sendBatch: async () => ({ checkpoint: journal.headAt(2 as Seq), nextSeq: 3 as Seq }),
  };
  await expect(uplinkOver(link).step(signal)).rejects.toMatchObject({ code: 'signature-invalid' });
  expect(journal.checkpoint()).toBeUndefined();
});

test('a checkpoint of another epoch, or of another place than it is said to be, is not taken', async () => {
  await sell(2);
  const { event, box } = journal;
  const hash = new Uint8Array(32);
  for (const [epoch, nextSeq] of [
    [2, 3],
    [1, 9],
  ]) {
    const head = { event, box, epoch: epoch as Epoch, seq: 2 as Seq, hash, wallMs: 1 };
    const checkpoint = signHead('pulsera/checkpoint', head, cloudKey.sign);
    const link = {
      heldEpochs: async () => [],
      sendBatch: async () => ({ checkpoint, nextSeq: nextSeq as Seq }),
    };
    await expect(uplinkOver(link).step(signal)).rejects.toMatchObject({ code: 'cloud-answer-invalid' });
  }
  expect(journal.epoch).toBe(1);
});

/** Puts the journal back as it was when `copy` was called. */
async function copyOfDisk(): Promise<() => Promise<void>> {
  await journal.close();
  const copy = join(place.dir, 'copy.sqlite');
  cpSync(join(place.dir, 'journal.sqlite'), copy);
  journal = openJournal(sampleOptions(place.dir));
  return async () => {
    await journal.close();
    cpSync(copy, join(place.dir, 'journal.sqlite'));
    journal = openJournal(sampleOptions(place.dir));
  };
}

test('a box put back from an old disk opens a new epoch before it sends anything', async () => {
  await sell(2);
  await drain(uplinkOver(cloud));
  const putBack = await copyOfDisk();
  await sell(3);
  await drain(uplinkOver(cloud));
  await putBack();
  await drain(uplinkOver(cloud));
  expect(journal.epoch).toBe(2);
  await sell(2);
  await drain(uplinkOver(cloud));
  expect(cloud.contents(1 as Epoch)).toHaveLength(5);
  expect(held(2)).toEqual(own(2));
  expect(cloud.setAside).toEqual([]);
});

test('what such a box sold before it knew is put aside, and selling goes on in the new epoch', async () => {
  await sell(2);
  await drain(uplinkOver(cloud));
  const putBack = await copyOfDisk();
  await sell(1);
  await drain(uplinkOver(cloud));
  await putBack();
  taps = 50;
  await sell(4);
  const uplink = uplinkOver(cloud);
  await drain(uplink);
  expect(cloud.setAside).toEqual([
    { epoch: 1, fromSeq: 3, entries: 3 },
    { epoch: 1, fromSeq: 6, entries: 1 },
  ]);
  expect(journal.epoch).toBe(2);
  // It counts against the caps until the cloud has taken something of the new epoch.
  expect(journal.views.exposure().takenMinor).toBeGreaterThan(0);
  await sell(1);
  await drain(uplink);
  expect(held(2)).toEqual(own(2));
  expect(journal.views.exposure().takenMinor).toBe(0);
});

type Luck = 'through' | 'never-sent' | 'answer-lost' | 'twice' | 'old-answer';

/** Each call has its own luck; a lost one looks like every lost one: nobody answers. */
function unlucky(lucks: readonly Luck[]): Pick<CloudLink, 'sendBatch' | 'heldEpochs'> {
  const lost = () => new Fault('cloud-unreachable', 'lost');
  let call = 0;
  let last: Awaited<ReturnType<CloudStub['sendBatch']>> | undefined;
  return {
    heldEpochs: () => cloud.heldEpochs(),
    async sendBatch(batch) {
      const luck = lucks[call++] ?? 'through';
      if (luck === 'never-sent') throw lost();
      if (luck === 'old-answer' && last !== undefined) return last;
      if (luck === 'twice') await cloud.sendBatch(batch);
      last = await cloud.sendBatch(batch);
      if (luck === 'answer-lost') throw lost();
      return last;
    },
  };
}

test('whatever happens on the line, every entry arrives exactly once and in order', async () => {
  const luck = fc.constantFrom<Luck>('through', 'never-sent', 'answer-lost', 'twice', 'old-answer');
  await fc.assert(
    fc.asyncProperty(
      fc.array(luck, { maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (lucks, sales, restarts) => {
        const link = unlucky(lucks);
        let uplink = uplinkOver(link);
        for (const entries of sales) {
          await sell(entries);
          await uplink.step(signal).catch(() => undefined);
          if (restarts) uplink = uplinkOver(link);
        }
        for (let tries = 0; uplink.lag() > 0; tries++) {
          expect(tries).toBeLessThan(100);
          await uplink.step(signal).catch(() => undefined);
        }
        expect(held()).toEqual(own());
        expect(journal.checkpoint()?.seq ?? 0).toBe(journal.lastSeq);
      },
    ),
    { numRuns: 40 },
  );
});
