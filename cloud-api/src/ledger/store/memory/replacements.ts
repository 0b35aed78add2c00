import type { Replacement, Replacements } from '../replacements.ts';
import type { EventTables } from './event-tables.ts';

const keyOf = ({ wallet, generation }: Pick<Replacement, 'wallet' | 'generation'>) =>
  `${wallet}/${generation}`;
const NOTHING = { mainMinor: 0, bonusMinor: 0, chipMainMinor: 0, chipBonusMinor: 0 };

export function replacementsIn({ replacements }: EventTables): Replacements {
  return {
    async add({ wallet, generation, uid, blockSeq, seq }) {
      const replaced: Replacement = { wallet, generation, uid, blockSeq, seq, state: 'held', ...NOTHING };
      replacements.insert(keyOf(replaced), replaced);
    },
    ofWallet: async wallet => replacements.ofGroup(wallet).sort((a, b) => a.generation - b.generation),
    async moved(uids) {
      const wanted = new Set(uids);
      if (wanted.size === 0) return [];
      return replacements.all().filter(({ uid, state }) => state === 'moved' && wanted.has(uid));
    },
    async held(obeyedSeq) {
      const held = replacements.all().filter(of => of.state === 'held' && of.blockSeq <= obeyedSeq);
      return held.sort((a, b) => a.blockSeq - b.blockSeq || (a.wallet < b.wallet ? -1 : 1));
    },
    async saveMoved(replacement) {
      const known = replacements.get(keyOf(replacement));
      if (!known) return;
      const { mainMinor, bonusMinor, chipMainMinor, chipBonusMinor } = replacement;
      const moved = { mainMinor, bonusMinor, chipMainMinor, chipBonusMinor };
      replacements.put(keyOf(replacement), { ...known, state: 'moved', ...moved });
    },
  };
}
