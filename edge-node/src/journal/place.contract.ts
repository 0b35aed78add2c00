/** What a journal must find at every place it may lie, be it a disk or memory. Only tests import this. */
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BOX,
  boxKey,
  cloudKey,
  EPOCH,
  EVENT,
  HandClock,
  SampleCloud,
  settlementDraft,
  sha256,
  tapDraft,
  tapId,
} from '../../test/journal-sample.ts';
import { eventLoop } from '../event-loop.ts';
import type { Database } from './database.ts';
import { type Journal, type JournalOptions, openJournal, verifyJournal } from './journal.ts';
import type { JournalPlace } from './place.ts';

/** A place under test. */
export interface PlaceRig {
  readonly place: JournalPlace;
  /** Another place with what lies at this one, as it would be found after the plug was pulled now. */
  copy(): JournalPlace;
  /** Changes what lies there behind the journal's back; nobody has it open. @returns the place as it is then */
  damage(change: (db: Database) => void): JournalPlace;
  close(): void;
}

const fault = (code: string) => expect.objectContaining({ name: 'Fault', code });

export function placeContract(name: string, makeRig: () => PlaceRig): void {
  describe(`a journal in ${name}`, () => {
    let rig: PlaceRig;
    let journal: Journal;
    beforeEach(() => {
      rig = makeRig();
      journal = openJournal(optionsAt(rig.place));
    });
    afterEach(async () => {
      await journal.close();
      rig.close();
    });

    async function moveTo(place: JournalPlace, change: Partial<JournalOptions> = {}): Promise<void> {
      await journal.close();
      journal = openJournal({ ...optionsAt(place), ...change });
    }

    it('is there again when it is opened anew', async () => {
      await post(journal, 1);
      await moveTo(rig.place);
      expect([journal.lastSeq, journal.boot]).toEqual([2, 2]);
      expect(journal.views.tapAnswer(tapId(1))?.state).toBe('posted');
    });

    it('is after a power cut as the last commit left it', async () => {
      await post(journal, 1);
      const lost = journal.append([tapDraft(2)]);
      const copy = rig.copy();
      await lost;
      await moveTo(copy);
      expect(journal.lastSeq).toBe(2);
      expect(journal.views.tapAnswer(tapId(2))).toBeUndefined();
      await post(journal, 3);
      await moveTo(copy);
      expect(journal.lastSeq).toBe(4);
    });

    it('has one writer', () => {
      expect(() => openJournal(optionsAt(rig.place))).toThrow(fault('journal-in-use'));
    });

    it('can be verified while it is written', async () => {
      await post(journal, 1);
      const { epochs } = verifyJournal({ place: rig.place, sha256, verify: boxKey.verify });
      expect(epochs).toEqual([{ epoch: 1, entries: 2, heads: 2 }]);
      await post(journal, 2);
    });

    it('shows a look at it nothing of what is written afterwards once it is closed, and no look disturbs the writer', async () => {
      await post(journal, 1);
      const look = rig.place.look();
      expect(look.prepare('SELECT count(*) FROM entry').pluck().get()).toBe(2);
      look.close();
      await post(journal, 2);
      expect(journal.lastSeq).toBe(4);
    });

    it('keeps epochs, the cloud’s journal and its checkpoints', async () => {
      await post(journal, 1);
      const cloud = new SampleCloud().write(settlementDraft(1, 1 as Seq));
      expect(await journal.appendCloud(cloud.batch())).toBe(1);
      const head = openHead('pulsera/head', journal.headAt(3 as Seq), boxKey.verify);
      journal.acceptCheckpoint(head, Uint8Array.of(3));
      journal.openEpoch(2 as Epoch);
      await post(journal, 2);
      await moveTo(rig.copy());
      expect([journal.epoch, journal.lastSeq, journal.cloudSeq]).toEqual([2, 2, 1]);
      expect(journal.checkpoint(EPOCH)).toMatchObject({ seq: 3 });
      expect(journal.entriesAfter(0 as Seq, 10, 1e6, EPOCH)).toHaveLength(3);
      const totals = () => [...journal.views.tillTotals('bar-1' as never)];
      const before = totals();
      journal.rebuild();
      expect(totals()).toEqual(before);
    });

    it('with no page left refuses taps, settles every accepted one, and sells on when it has more', async () => {
      await moveTo(rig.place, { limits: { ...SMALL, maxPages: 600 } });
      const open: { n: number; seq: Seq }[] = [];
      for (let n = 1, isFull = false; !isFull; n++) {
        const [answer] = await Promise.allSettled([journal.append([tapDraft(n)])]);
        isFull = answer?.status === 'rejected';
        if (answer?.status === 'rejected') expect(answer.reason).toEqual(fault('disk-full'));
        if (answer?.status === 'fulfilled') open.push({ n, seq: answer.value[0]?.seq ?? (0 as Seq) });
      }
      expect(open.length).toBeGreaterThan(50);
      expect(() => journal.reserve()).toThrow(fault('disk-full'));
      for (const { n, seq } of open) await journal.append([settlementDraft(n, seq)]);
      expect(journal.views.pendingCount()).toBe(0);
      journal.limitPages(2000);
      journal.reserve().release();
      await post(journal, 100_000);
    });

    it('whose middle is not what was written is found when it is read on, and is written no more', async () => {
      for (const n of [1, 2, 3]) await post(journal, n);
      await journal.close();
      const hurt = rig.damage(db => {
        db.exec('DROP TRIGGER entry_no_update');
        db.exec('UPDATE entry SET content = zeroblob(length(content)) WHERE at = 2');
      });
      await moveTo(hurt, { limits: { ...SMALL, verifiedTail: 1 } });
      const damaged = expect.objectContaining({
        code: 'journal-damaged',
        detail: expect.objectContaining({ seq: 2 }),
      });
      await post(journal, 4);
      expect(journal.entriesAfter(0 as Seq, 1, 1e6)).toHaveLength(1);
      expect(journal.entriesAfter(2 as Seq, 10, 1e6)).toHaveLength(6);
      expect(() => journal.entriesAfter(0 as Seq, 10, 1e6)).toThrow(damaged);
      await expect(journal.append([tapDraft(5)])).rejects.toEqual(damaged);
    });

    it('is refused when its end is not what was signed', async () => {
      await post(journal, 1);
      await journal.close();
      const hurt = rig.damage(db => {
        db.exec('DROP TRIGGER entry_no_update');
        db.exec('UPDATE entry SET content = zeroblob(length(content)) WHERE at = 2');
      });
      expect(() => openJournal(optionsAt(hurt))).toThrow(
        expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq: 2 }) }),
      );
    });

    it('is refused when its head is gone', async () => {
      await post(journal, 1);
      await journal.close();
      const hurt = rig.damage(db => {
        db.exec('DROP TRIGGER head_no_delete');
        db.exec('DELETE FROM head WHERE at = 2');
      });
      expect(() => openJournal(optionsAt(hurt))).toThrow(fault('journal-damaged'));
    });

    it('holds what the cloud signed', async () => {
      const cloud = new SampleCloud().write(settlementDraft(1, 1 as Seq));
      await journal.appendCloud(cloud.batch());
      const { place } = rig;
      const verified = verifyJournal({
        place,
        sha256,
        verify: boxKey.verify,
        verifyCloud: cloudKey.verify,
      });
      expect(verified.cloudEntries).toBe(1);
    });
  });
}

/** Small, or each test would write eight megabytes of ballast first. */
const SMALL = { walFrames: 64, sparePages: 16, verifiedTail: 20 };

const optionsAt = (place: JournalPlace): JournalOptions => ({
  place,
  event: EVENT,
  box: BOX,
  epoch: EPOCH,
  ...boxKey,
  sha256,
  clock: new HandClock(),
  soon: eventLoop.soon,
  limits: SMALL,
});

async function post(journal: Journal, n: number): Promise<void> {
  const [tap] = await journal.append([tapDraft(n)]);
  await journal.append([settlementDraft(n, tap?.seq ?? (0 as Seq), 'posted', journal.epoch)]);
}
