import type { Check } from '../finding.ts';

export const accountsBalance: Check = {
  name: 'accounts-balance',
  sentence: 'All accounts of the event sum to zero',
  after(seen) {
    if (seen.kind !== 'cloud') return [];
    const sum = Object.values(seen.rows.balances).reduce((total, amountMinor) => total + amountMinor, 0);
    return sum === 0 ? [] : [{ what: `all accounts together hold ${sum}` }];
  },
};
