/**
 * Somebody holds a till's certificate, and sends on that till's topics beside it: junk, a flood of requests, and the ids of what
 * other tills of that box are at, which would have to be read off their screens. What its box answers, the thief hears.
 */
import { anyOf, between } from '../chance.ts';
import { Life } from '../life.ts';
import type { Site } from '../site.ts';
import { drawPost, postAt } from '../trouble/moment.ts';
import type { Kind } from '../trouble/strike.ts';
import { luckOf } from './thief.ts';

interface StolenTill {
  /** Of the site's, from 0: whose certificate it is. */
  readonly post: number;
  readonly how: How;
  readonly luck: number;
  readonly forMs: number;
  /** What is sent about each tap of another till, so long behind its request. */
  readonly about: readonly About[];
}
interface About {
  readonly ask: keyof typeof ASKS;
  readonly behindMs: number;
}
type How = 'junk' | 'flood' | 'ids-of-others';
type Say = (leaf: string, message: unknown) => void;

/** As short as a till may ask a box to wait. */
const WAIT_MS = 1_000;
const NOBODY = { operator: null, shift: null };
const beers = [{ product: 'beer', quantity: 1 }];

/** What may be asked about the tap of another till. */
const ASKS = {
  cancel: tapId => ({ leaf: 'cancel', request: { tapId } }),
  result: tapId => ({ leaf: 'balance', request: { tapId, waitMs: WAIT_MS } }),
  charge: (tapId, id) => ({
    leaf: 'charge',
    request: { tapId, saleId: id(), ...NOBODY, lines: beers, waitMs: WAIT_MS },
  }),
  topup: tapId => ({
    leaf: 'topup',
    request: { tapId, ...NOBODY, amountMinor: 5_000, tender: 'cash', waitMs: WAIT_MS },
  }),
  reversal: (tapId, id) => ({
    leaf: 'reverse',
    request: { tapId: id(), ...NOBODY, ofTapId: tapId, waitMs: WAIT_MS },
  }),
  payment: (tapId, id) => ({ leaf: 'drawer-paid', request: { requestId: id(), tapId, operator: null } }),
} as const satisfies Record<string, (tapId: string, id: () => string) => { leaf: string; request: object }>;

const LASTS_MS = [5_000, 60_000] as const;
const BEHIND_MS = [0, 8_000] as const;
const MOST_ABOUT = 4;
const JUNK = 40;
const FLOOD = 300;
const LEAVES = [
  'charge',
  'topup',
  'cancel',
  'shift',
  'quote',
  'reader/answer',
  'reader/field',
  'no-such-leaf',
];

export const stolenTill: Kind<StolenTill> = {
  draw(random, setting) {
    const [post, how, luck, forMs, count] = [
      drawPost(random, setting),
      anyOf<How>(random, ['junk', 'flood', 'ids-of-others', 'ids-of-others']),
      random.u32(),
      between(random, LASTS_MS),
      1 + random.below(MOST_ABOUT),
    ];
    const all = Array.from({ length: MOST_ABOUT }, () => ({
      ask: anyOf(random, Object.keys(ASKS) as (keyof typeof ASKS)[]),
      behindMs: between(random, BEHIND_MS),
    }));
    return { post, how, luck, forMs, about: all.slice(0, count) };
  },
  play(site, strike, evening) {
    const { box, till, wire } = postAt(site, strike.post);
    site.witness.tell({ kind: 'till-stolen', till: till.id });
    const deaf = wire.overhear(({ json }) =>
      site.witness.tell({ kind: 'overheard', till: till.id, message: JSON.parse(json) }),
    );
    const isThere = new Life(evening);
    evening.after(strike.forMs, () => {
      isThere.end();
      deaf();
    });
    const say: Say = (leaf, message) => {
      const payload = message instanceof Uint8Array ? message : Buffer.from(JSON.stringify(message));
      box.receive(till.id, leaf, payload);
    };
    HOWS[strike.how](site, say, strike, isThere);
  },
};

const HOWS: Readonly<Record<How, (site: Site, say: Say, strike: StolenTill, isThere: Life) => void>> = {
  junk(_, say, { luck: number, forMs }, isThere) {
    const { random, id } = luckOf(number);
    for (let i = 0; i < JUNK; i++) {
      const [leaf, bytes] = [anyOf(random, LEAVES), random.bytes(random.below(200))];
      const half = { tapId: id(), requestId: id(), amountMinor: -random.u32() };
      isThere.after((i * forMs) / JUNK, () => say(leaf, i % 2 === 0 ? bytes : half));
    }
  },
  flood(_, say, { luck: number }, isThere) {
    const { id } = luckOf(number);
    for (let i = 0; i < FLOOD; i++) {
      isThere.after(i, () => {
        if (i % 3 === 0) say('quote', { requestId: id(), lines: beers });
        else if (i % 3 === 1) say('cancel', { tapId: id() });
        else say('balance', { tapId: id(), waitMs: WAIT_MS });
      });
    }
  },
  'ids-of-others'(site, say, { post, luck, about }, isThere) {
    const { box, till } = postAt(site, post);
    const { id } = luckOf(luck);
    site.witness.listen(
      isThere.while(seen => {
        if (seen.kind !== 'asked' || seen.box !== box.number || seen.till === till.id) return;
        for (const { ask, behindMs } of about) {
          const { leaf, request } = ASKS[ask](seen.tapId, id);
          isThere.after(behindMs, () => say(leaf, request));
        }
      }),
    );
  },
};
