import type { BoxId, Seq } from '@pulsera/firmware-protocol/ids';
import type { Boxes } from '../boxes.ts';
import type { EventTables } from './event-tables.ts';

export function boxesIn({ boxes, heads, contacts }: EventTables): Boxes {
  const find = (box: BoxId) => boxes.get(String(box));
  const enrolled = () =>
    boxes
      .all()
      .filter(({ state }) => state === 'enrolled')
      .sort((a, b) => a.box - b.box);
  const obeyedSeq = (box: BoxId): Seq => {
    const epochs = heads.all().filter(head => head.box === box);
    const newest = epochs.sort((a, b) => b.epoch - a.epoch)[0];
    return newest?.state === 'open' ? newest.obeyedSeq : (0 as Seq);
  };
  return {
    read: async box => find(box),
    hold: async box => find(box)?.state,
    async revoke(box, nowMs) {
      const record = find(box);
      if (record?.state !== 'enrolled') return false;
      boxes.put(String(box), { ...record, state: 'revoked', revokedAtMs: nowMs });
      return true;
    },
    obeying: async () => enrolled().map(({ box }) => ({ box, obeyedSeq: obeyedSeq(box) })),
    heard: async () =>
      enrolled().map(({ box }) => ({ box, heardMs: contacts.get(String(box))?.heardMs ?? null })),
    async noteHeard(box, nowMs) {
      const heardMs = Math.max(nowMs, contacts.get(String(box))?.heardMs ?? nowMs);
      contacts.put(String(box), { box, heardMs });
    },
  };
}
