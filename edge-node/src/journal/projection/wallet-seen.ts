/**
 * The newest image of each chip that is known to be posted. An image that was read from a chip was written by somebody, so it
 * counts as much as one that we wrote and saw posted. A chip that shows an older one is declined.
 */
import { readUint } from '@pulsera/firmware-protocol/bytes';
import { hexBytes } from '../blob.ts';
import type { Fact, Projection } from './projection.ts';

interface Sight {
  readonly uid: string;
  readonly wallet: string;
  readonly generation: number;
  readonly image: Uint8Array;
  readonly at: number | null;
}

export const walletSeen: Projection = {
  tables: ['wallet_seen'],
  schema: `
CREATE TABLE wallet_seen (
  uid BLOB PRIMARY KEY,
  wallet BLOB NOT NULL,
  generation INTEGER NOT NULL,
  image BLOB NOT NULL,
  counter INTEGER NOT NULL,
  last_at INTEGER
) STRICT, WITHOUT ROWID;`,
  on: db => {
    // The higher counter wins. Of two images with one counter (a fork) the first known stays, for the cloud to judge. A chip that
    // was personalised anew starts over. Most sights tell nothing new, and write nothing.
    const see = db.prepare(
      `INSERT INTO wallet_seen VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (uid) DO UPDATE SET
         image = excluded.image,
         counter = excluded.counter,
         wallet = excluded.wallet,
         generation = excluded.generation,
         last_at = coalesce(excluded.last_at, last_at)
       WHERE newer`.replaceAll(
        'newer',
        '(excluded.counter > counter OR wallet IS NOT excluded.wallet OR generation IS NOT excluded.generation)',
      ),
    );
    return fact => {
      const sight = sightIn(fact);
      if (sight === undefined) return;
      const { uid, wallet, generation, image, at } = sight;
      see.run(hexBytes(uid), hexBytes(wallet), generation, image, readUint(image, 0, 2), at);
    };
  },
};

function sightIn({ entry, change, at }: Fact): Sight | undefined {
  if (change !== undefined) {
    const { uid, wallet, generation, from, slot0, slot1, after } = change.tap;
    if (change.to === 'posted') return { uid, wallet, generation, image: after, at: at || null };
    if (change.from !== 'new' || from === null) return undefined;
    return { uid, wallet, generation, image: from === 0 ? slot0 : slot1, at };
  }
  if (entry.kind !== 'issued') return undefined;
  const { uid, wallet, generation, root } = entry.body;
  return { uid, wallet, generation, image: root, at: null };
}
