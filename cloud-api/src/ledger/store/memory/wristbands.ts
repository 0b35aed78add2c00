import type { ChipUid } from '@pulsera/firmware-protocol/ids';
import type { Wristbands } from '../wristbands.ts';
import type { EventTables } from './event-tables.ts';
import { violation } from './violation.ts';

export function wristbandsIn({ wristbands, generations, keySets }: EventTables): Wristbands {
  return {
    async add(added) {
      const fresh = new Set<ChipUid>();
      for (const { uid, wallet, generation, ageClass, keySet, rootImage } of added) {
        const place = `${wallet}/${generation}`;
        if (wristbands.get(uid) || generations.get(place)) continue;
        if (!keySets?.has(keySet)) throw violation('wristband_key_set');
        generations.insert(place, true);
        wristbands.insert(uid, { uid, wallet, generation, ageClass, keySet, rootImage, state: 'active' });
        fresh.add(uid);
      }
      return fresh;
    },
    async read(uids) {
      const rows = [...new Set(uids)].flatMap(uid => wristbands.get(uid) ?? []);
      return rows.map(({ state: _, ...wristband }) => wristband);
    },
    async mark(uids, state) {
      for (const uid of new Set(uids)) {
        const row = wristbands.get(uid);
        if (row && (state === 'replaced' || row.state === 'active')) wristbands.put(uid, { ...row, state });
      }
    },
  };
}
