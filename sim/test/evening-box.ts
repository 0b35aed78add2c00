/** A box of the random evening: the real desk, journal and flow, with readers that fail, a power plug, and timers rung by hand. */
import { existsSync } from 'node:fs';
import type { BoxId, KeySetNumber, TapId, TillId } from '@pulsera/firmware-protocol/ids';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { TillResult } from '@pulsera/firmware-protocol/wire/till';
import { type Journal, openJournal } from '../../edge-node/src/journal/journal.ts';
import { SellingPlan } from '../../edge-node/src/plan/selling.ts';
import { createTillDesk, type TillDesk } from '../../edge-node/src/stand/desk.ts';
import { ChipKeys } from '../../edge-node/src/tap/keys.ts';
import { samplePlan } from '../../edge-node/test/bar-sample.ts';
import { EVENT, HandClock, sampleOptions, scratch, sha256 } from '../../edge-node/test/journal-sample.ts';
import type { Guest } from './evening-guest.ts';

export const TILLS = ['a-1', 'a-2', 'b-1', 'b-2'] as TillId[];
const KEY_SET = {
  number: 1 as KeySetNumber,
  purse: new Uint8Array(16).fill(0x51),
  access: new Uint8Array(16).fill(0x52),
  password: new Uint8Array(16).fill(0x53),
};
const plan = new SellingPlan(
  samplePlan({
    tills: TILLS.map(id => ({ id, stand: 'bar' as never, name: id, kind: 'bar' as const })),
    caps: { chargeMinor: 10_000, chipMinor: 50_000, boxOfflineMinor: 1e9, terminalMinor: 1e9 },
  }),
);

type Leaf = 'charge' | 'topup' | 'cashout' | 'reverse' | 'balance';
export interface Tap {
  readonly tapId: TapId;
  readonly leaf: Leaf;
  guest: Guest;
  readonly request: object;
  /** Goes to the guest if it comes about, and isn't known from a green screen. */
  readonly gainMinor: number;
  result?: TillResult;
}
export interface Till {
  readonly id: TillId;
  readonly reader: VirtualReader;
  /** Begun and not answered. `asked`: the box is at it. `lost`: the till was gone, and may go on to another. `cut`: it must ask again. */
  tap?: Tap;
  stands: 'free' | 'asked' | 'lost' | 'cut';
}

export class Box {
  /** In memory where there is such a place: it is not the disk that is tried here. */
  readonly place = scratch(existsSync('/dev/shm') ? '/dev/shm' : undefined);
  readonly clock = new HandClock();
  readonly rings = new Set<() => void>();
  readonly tills: Till[];
  readonly number: BoxId;
  readonly random: Random;
  readonly hear: (till: TillId, result: TillResult) => void;
  journal: Journal;
  desk: TillDesk;
  appends = Number.POSITIVE_INFINITY;
  isDown = false;

  constructor(number: number, tills: TillId[], random: Random, hear: Box['hear']) {
    this.number = number as BoxId;
    this.random = random;
    this.hear = hear;
    this.tills = tills.map(id => ({
      id,
      reader: new VirtualReader({ name: id, clock: jumpingClock() }),
      stands: 'free',
    }));
    this.journal = this.open();
    this.desk = this.makeDesk();
  }

  open(): Journal {
    return openJournal({ ...sampleOptions(this.place.dir, this.clock), box: this.number });
  }

  makeDesk(): TillDesk {
    const { journal } = this;
    const unplugged = new Proxy(journal, {
      get: (target, key) => {
        if (key !== 'append') return Reflect.get(target, key, target) as unknown;
        return (...call: Parameters<Journal['append']>) => {
          if (this.journal !== journal || this.appends-- <= 0) {
            this.isDown ||= this.journal === journal;
            return new Promise(() => undefined);
          }
          return target.append(...call);
        };
      },
    });
    return createTillDesk({
      journal: unplugged,
      plans: { current: () => plan },
      readerOf: till => this.tills.find(({ id }) => id === till)?.reader,
      keys: () => new ChipKeys(EVENT, [KEY_SET]),
      timers: {
        after: (_, ring) => {
          const once = () => ring();
          this.rings.add(once);
          return () => void this.rings.delete(once);
        },
      },
      nonce: () => this.random.below(0x1_0000),
      sha256,
      cutOffSinceMs: () => null,
      askForRight: async () => ({ outcome: 'unreachable' }),
      send: (till, leaf, json) => {
        if (leaf === 'result' && this.journal === journal && !this.isDown)
          this.hear(till, TillResult.parse(JSON.parse(json)));
      },
      report: () => undefined,
    });
  }

  timeOut(): void {
    for (const ring of [...this.rings]) {
      this.rings.delete(ring);
      ring();
    }
  }

  /** The power goes and comes back. */
  async restart(): Promise<void> {
    this.isDown = true;
    for (const { id, reader } of this.tills) {
      this.desk.onTerminalGone(id);
      await reader.remove();
    }
    await settle();
    await this.journal.close();
    this.rings.clear();
    this.appends = Number.POSITIVE_INFINITY;
    this.journal = this.open();
    this.isDown = false;
    this.desk = this.makeDesk();
    for (const till of this.tills) {
      till.reader.disarm();
      if (till.tap) till.stands = 'cut';
    }
  }

  tell(till: TillId, leaf: string, request: object): void {
    void this.desk.handle(till, leaf, new TextEncoder().encode(JSON.stringify(request)));
  }

  async close(): Promise<void> {
    await this.journal.close();
    this.place.remove();
  }
}

/** Lets everything that is under way go as far as it can. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise(resolve => setImmediate(resolve));
}
