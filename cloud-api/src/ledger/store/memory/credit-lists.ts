import { MAX_CREDIT_NUMBER } from '@pulsera/firmware-protocol/purse/image';
import { speakingFor } from '../../claim.ts';
import type { CreditLists, ListEnd, ListedCredit, ListName } from '../credit-lists.ts';
import type { EventTables } from './event-tables.ts';
import { violation } from './violation.ts';

const referenceKey = ({ source, reference }: Pick<ListedCredit, 'source' | 'reference'>) =>
  `${source} ${reference}`;

export function creditListsIn({ credits, references, chips }: EventTables): CreditLists {
  const list = ({ wallet, generation }: ListName) =>
    credits
      .ofGroup(wallet)
      .filter(credit => credit.generation === generation)
      .sort((a, b) => a.number - b.number);
  return {
    async add(listed) {
      for (const { wallet, generation, number, mainMinor, bonusMinor, source, reference, seq } of listed) {
        if (number < 1 || number > MAX_CREDIT_NUMBER) throw violation('wallet_credit_number_check');
        const credit = { wallet, generation, number, mainMinor, bonusMinor, source, reference, seq };
        if (references.get(referenceKey(credit))) throw violation('wallet_credit_reference');
        credits.insert(`${wallet}/${generation}/${number}`, credit);
        references.insert(referenceKey(credit), credit);
      }
    },
    byReference: async wanted =>
      [...new Set(wanted.map(referenceKey))].flatMap(key => references.get(key) ?? []),
    async ends(wallets) {
      return new Map(
        wallets.flatMap((wallet): [typeof wallet, ListEnd][] => {
          const generations = speakingFor(chips.ofGroup(wallet)).map(({ generation }) => generation);
          const [generation] = generations.sort((a, b) => b - a);
          if (generation === undefined) return [];
          return [[wallet, { generation, number: list({ wallet, generation }).at(-1)?.number ?? 0 }]];
        }),
      );
    },
    async lists(names) {
      const distinct = new Map(names.map(name => [`${name.wallet}/${name.generation}`, name]));
      return [...distinct.values()].flatMap(list);
    },
    ofWallet: async wallet =>
      credits.ofGroup(wallet).sort((a, b) => a.generation - b.generation || a.number - b.number),
  };
}
