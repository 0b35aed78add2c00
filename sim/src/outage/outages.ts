/** What breaks, when and for how long: drawn beforehand from the seed, as data. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { anyOf, between } from '../rehearsal/chance.ts';

/** Each of them leads through a proxy: from a box to the cloud, from tills to their box, from those who pay online, from the API to PostgreSQL. */
export const CABLES = ['box-1', 'box-2', 'tills-1', 'tills-2', 'payments', 'database'] as const;
export type Cable = (typeof CABLES)[number];

/**
 * `black-hole`: silent both ways. `deaf`: no answer comes back. `mute`: nothing that is asked gets through. `forgotten`: connections
 * that stand are lost on the way and neither end is told, while new ones work.
 */
export const CABLE_FAULTS = ['cut', 'black-hole', 'deaf', 'mute', 'slow', 'forgotten'] as const;
export type CableFault = (typeof CABLE_FAULTS)[number];

/** `proxy` is what holds all cables. */
export const PARTS = ['box 1', 'box 2', 'api', 'postgres', 'proxy'] as const;
export type Part = (typeof PARTS)[number];

/** SIGKILL, and SIGTERM; of PostgreSQL its immediate and its fast shutdown. */
export const DEATHS = ['kill', 'stop'] as const;
export type Death = (typeof DEATHS)[number];

export type Breakage =
  | { readonly cable: Cable; readonly fault: CableFault }
  | { readonly part: Part; readonly death: Death };

export interface Outage {
  /** Since the evening began. */
  readonly atMs: number;
  /** A part is started again behind that, and takes its time. */
  readonly forMs: number;
  readonly what: Breakage;
}

export interface OutageSetting {
  readonly ms: number;
  /** On the average. */
  readonly everyMs: number;
  readonly lastsMs: readonly [least: number, most: number];
  /** Each of it once before any of it comes again. */
  readonly deck: readonly Breakage[];
}

export const nameOf = (what: Breakage): string =>
  'cable' in what ? `${what.fault} ${what.cable}` : `${what.death} ${what.part}`;
export const targetOf = (what: Breakage): string => ('cable' in what ? what.cable : what.part);

/** Everything that can break, in every way. */
const WHOLE_DECK: readonly Breakage[] = [
  ...CABLES.flatMap(cable => CABLE_FAULTS.map(fault => ({ cable, fault }))),
  ...PARTS.flatMap(part => DEATHS.map(death => ({ part, death }))),
];
const BOX_CABLES = ['box-1', 'box-2'] as const;
const SHORT_MS = 40_000;

export function wholeSetting(ms: number): OutageSetting {
  return { ms, everyMs: 3_000, lastsMs: [200, 8_000], deck: WHOLE_DECK };
}

/** Forty seconds. */
export function shortSetting(random: Random): OutageSetting {
  const deck = shortDeck(random);
  // So that it is dealt out once, with a slot or two to spare.
  return { ms: SHORT_MS, everyMs: SHORT_MS / (deck.length + 4), lastsMs: [300, 3_000], deck };
}

/**
 * Each part each way, each fault on the cables of both boxes, and on one of the others; twice what makes a box send again what the cloud
 * has taken. A database that has forgotten its connections is left out: it lets go of what they hold after a minute
 * (`idle_in_transaction_session_timeout`).
 */
function shortDeck(random: Random): readonly Breakage[] {
  const others = (fault: CableFault): readonly Cable[] =>
    fault === 'forgotten'
      ? ['tills-1', 'tills-2', 'payments']
      : ['tills-1', 'tills-2', 'payments', 'database'];
  return [
    ...BOX_CABLES.flatMap(cable => [...CABLE_FAULTS, 'deaf' as const].map(fault => ({ cable, fault }))),
    ...CABLE_FAULTS.map(fault => ({ cable: anyOf(random, others(fault)), fault })),
    ...WHOLE_DECK.filter(what => 'part' in what),
  ];
}

/** By time. No two of one target at a time; those of different ones overlap as they come. All are over when `ms` are. */
export function drawOutages(random: Random, { ms, everyMs, lastsMs, deck }: OutageSetting): Outage[] {
  const drawn: Outage[] = [];
  const freeMs = new Map<string, number>();
  let left: Breakage[] = [];
  const [least, most] = lastsMs;
  for (let slotMs = 0; slotMs + everyMs + most <= ms; slotMs += everyMs) {
    const atMs = Math.round(slotMs + between(random, [0, everyMs]));
    if (left.length === 0) left = shuffled(random, deck);
    const i = left.findIndex(what => (freeMs.get(targetOf(what)) ?? 0) <= atMs);
    const [what] = i === -1 ? [] : left.splice(i, 1);
    if (what === undefined) continue;
    // Most are short.
    const forMs = Math.round(least * (most / least) ** between(random, [0, 1]));
    drawn.push({ atMs, forMs, what });
    freeMs.set(targetOf(what), atMs + forMs);
  }
  return drawn.toSorted((a, b) => a.atMs - b.atMs);
}

function shuffled<T>(random: Random, of: readonly T[]): T[] {
  const left = [...of];
  return of.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
