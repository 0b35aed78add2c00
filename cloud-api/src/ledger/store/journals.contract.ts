/** What a store must do with journals. */
import type { EventId, Seq } from '@pulsera/firmware-protocol/ids';
import { describe, expect, test } from 'vitest';
import { refText } from '../chip-state.ts';
import type { StoredHead } from './journals.ts';
import { BOX, blocked, CLOUD, cursor, NEXT_EPOCH, plain, ref, rowOf, uidOf } from './sample.contract.ts';
import type { Place, StoreRig, Within } from './store.contract.ts';

export function journalsContract(within: Within, rig: () => StoreRig, at: () => Place): void {
  describe('journals', () => {
    test('end at their genesis until something is appended, and an empty one is not listed', async () => {
      const head = await within(({ journals }) => journals.lock(BOX));
      expect(head).toMatchObject({ seq: 0, head: null, checkpoint: null, state: 'open', obeyedSeq: 0 });
      expect(head.hash).toHaveLength(32);
      expect(await within(({ journals }) => journals.lock(BOX))).toEqual(head);
      expect(await within(({ journals }) => journals.heads())).toEqual([]);
    });

    test('keep their end as it was saved, and are listed by box and epoch', async () => {
      const saved: StoredHead = {
        seq: 2 as Seq,
        hash: new Uint8Array(32).fill(2),
        head: Uint8Array.of(1),
        checkpoint: Uint8Array.of(2),
        state: 'forked',
        obeyedSeq: 9 as Seq,
      };
      await within(async ({ journals }) => {
        for (const key of [NEXT_EPOCH, CLOUD, BOX]) {
          await journals.lock(key);
          await journals.saveHead(key, saved);
        }
      });
      const listed = await within(({ journals }) => journals.heads());
      expect(listed.map(({ box, epoch }) => ({ box, epoch }))).toEqual([CLOUD, BOX, NEXT_EPOCH]);
      expect(await within(({ journals }) => journals.heads(BOX.box))).toHaveLength(2);
      const { hash, head, checkpoint, ...rest } = await within(({ journals }) => journals.lock(BOX));
      expect(rest).toEqual({ seq: 2, state: 'forked', obeyedSeq: 9 });
      expect([hash, head, checkpoint].map(plain)).toEqual(
        [saved.hash, saved.head, saved.checkpoint].map(plain),
      );
    });

    test('give entries by place, by stretch and by chip, also from many journals', async () => {
      const stored = await within(async ({ journals }) => {
        for (const key of [NEXT_EPOCH, BOX, CLOUD]) await journals.lock(key);
        await journals.append(
          BOX,
          1 as Seq,
          [cursor, blocked(1), blocked(2)].map((of, i) => rowOf(of, i + 1)),
        );
        await journals.append(NEXT_EPOCH, 1 as Seq, [rowOf(blocked(1), 1)]);
        await journals.append(
          CLOUD,
          1 as Seq,
          [blocked(1), blocked(1, 2)].map((of, i) => rowOf(of, i + 1)),
        );
        return {
          hash: plain(await journals.hashAt(BOX, 2 as Seq)),
          beyond: await journals.hashAt(BOX, 4 as Seq),
          stretch: (await journals.after(BOX, 1 as Seq, 1)).map(({ hash }) => plain(hash)),
          rest: (await journals.after(BOX, 1 as Seq, 9)).length,
          at: (await journals.at([ref(3, 3), ref(3, 9), ref(0, 1)])).map(refText).sort(),
          about: (await journals.about([uidOf(1)])).map(refText),
          nobody: await journals.about([]),
          blocks: (await journals.blocks([uidOf(1)])).map(({ seq, body }) => [seq, body.generation]),
        };
      });
      expect(stored).toEqual({
        hash: plain(new Uint8Array(32).fill(2)),
        beyond: undefined,
        stretch: [plain(new Uint8Array(32).fill(2))],
        rest: 2,
        at: ['0/1/1', '3/1/3'],
        about: ['0/1/1', '0/1/2', '3/1/2', '3/2/1'],
        nobody: [],
        blocks: [
          [1, 1],
          [2, 2],
        ],
      });
    });

    test('hold an entry once', async () => {
      const twice = within(async ({ journals }) => {
        await journals.lock(BOX);
        await journals.append(BOX, 1 as Seq, [rowOf(cursor, 1)]);
        await journals.append(BOX, 1 as Seq, [rowOf(cursor, 1)]);
      });
      await expect(twice).rejects.toThrow();
    });

    test('are of events that there are', async () => {
      const nowhere = rig().store.within(at().tenantId, 99_999 as EventId, ({ journals }) =>
        journals.lock(BOX),
      );
      await expect(nowhere).rejects.toMatchObject({ code: 'event-unknown' });
    });
  });
}
