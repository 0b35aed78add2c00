import { type ChipUid, CLOUD_BOX, type Seq, type TapRef } from '@pulsera/firmware-protocol/ids';
import { genesis } from '@pulsera/firmware-protocol/journal/chain';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { sha256 } from '../../../keys/sha256.ts';
import { refText } from '../../chip-state.ts';
import type { JournalKey, JournalRow, Journals, ListedHead, StoredEntry } from '../journals.ts';
import type { EventTables } from './event-tables.ts';
import { violation } from './violation.ts';

type Row = JournalRow & TapRef;

const keyOf = ({ box, epoch }: JournalKey) => `${box}/${epoch}`;
const byPlace = (a: TapRef, b: TapRef) => a.box - b.box || a.epoch - b.epoch || a.seq - b.seq;
const asStored = ({ box, epoch, seq, content }: Row): StoredEntry => ({
  box,
  epoch,
  seq,
  entry: decodeEntry(content),
});

export function journalsIn({ eventId, keySets, heads, journal }: EventTables): Journals {
  const about = (uids: readonly ChipUid[]) =>
    [...new Set(uids)].flatMap(uid => journal.ofGroup(uid)).sort(byPlace);
  const find = (key: JournalKey, seq: Seq) => journal.get(refText({ ...key, seq }));
  return {
    async lock({ box, epoch }) {
      const known = heads.get(keyOf({ box, epoch }));
      if (known) return asHead(known);
      if (keySets === null) throw violation('journal_head_event');
      const head: ListedHead = {
        box,
        epoch,
        seq: 0 as Seq,
        hash: genesis(eventId, box, epoch, sha256),
        head: null,
        checkpoint: null,
        state: 'open',
        obeyedSeq: 0 as Seq,
      };
      heads.insert(keyOf(head), head);
      return asHead(head);
    },
    async saveHead({ box, epoch }, head) {
      if (heads.get(keyOf({ box, epoch }))) heads.put(keyOf({ box, epoch }), { ...asHead(head), box, epoch });
    },
    async heads(box) {
      const listed = heads.all().filter(head => head.seq > 0 && (box === undefined || head.box === box));
      return listed.sort(byPlace);
    },
    async append({ box, epoch }, fromSeq, rows) {
      for (const [i, { kind, uid, wallMs, content, hash }] of rows.entries()) {
        const ref = { box, epoch, seq: (fromSeq + i) as Seq };
        // Copied: what is handed in is mostly a part of a batch, which would be kept whole.
        journal.insert(refText(ref), {
          ...ref,
          kind,
          uid,
          wallMs,
          content: content.slice(),
          hash: hash.slice(),
        });
      }
    },
    hashAt: async (key, seq) => find(key, seq)?.hash,
    async after(key, seq, limit) {
      const rows: Row[] = [];
      for (let row = find(key, (seq + 1) as Seq); row && rows.length < limit; ) {
        rows.push(row);
        row = find(key, (row.seq + 1) as Seq);
      }
      return rows.map(({ content, hash }) => ({ content, hash }));
    },
    at: async refs => refs.flatMap(ref => journal.get(refText(ref)) ?? []).map(asStored),
    about: async uids => about(uids).map(asStored),
    async blocks(uids) {
      const rows = about(uids).filter(({ box, kind }) => box === CLOUD_BOX && kind === 'blocked');
      return rows.map(({ content }) => decodeEntry(content)).filter(entry => entry.kind === 'blocked');
    },
  };
}

const asHead = ({ seq, hash, head, checkpoint, state, obeyedSeq }: Omit<ListedHead, keyof JournalKey>) => ({
  seq,
  hash,
  head,
  checkpoint,
  state,
  obeyedSeq,
});
