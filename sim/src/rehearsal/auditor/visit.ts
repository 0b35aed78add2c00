/** One tap as the people at the till lived it: what was asked, which wristband was held out, what the screen said. */
import type { Green, TapScreen } from './screen.ts';
import type { Leaf, SeenOf } from './seen.ts';

/** Where a visit stands. `unsettled` and `left`: it ended without anybody knowing what came of it. */
type Standing = 'open' | 'green' | 'declined' | 'untouched' | 'unsettled' | 'left';

export interface Touch {
  readonly uid: string;
  readonly thing: string;
  /** Counts all observations. */
  readonly order: number;
  readonly atMs: number;
}

/** The first green screen; of a till that lies, what it should have said by the journal. */
export interface Shown {
  readonly screen: Green;
  readonly atMs: number;
  /** What the wristband may have held before, each; undefined when nobody can say. */
  readonly before: readonly number[] | undefined;
}

export interface Visit {
  readonly tapId: string;
  readonly till: string;
  readonly box: number;
  readonly leaf: Leaf;
  readonly amountMinor: number | null;
  readonly ofTapId: string | null;
  readonly askedMs: number;
  /** At a till that lied by then: what stood on its screen proves nothing. */
  readonly isCrooked: boolean;
  readonly touches: Touch[];
  /** Answers and prompts, in their order. */
  readonly screens: TapScreen[];
  standing: Standing;
  shown: Shown | undefined;
  /** Cash and card money of the guest that stayed with the till. */
  handedMinor: number;
}

export function newVisit(seen: SeenOf<'asked'> & { readonly atMs: number }, isCrooked: boolean): Visit {
  const { tapId, till, box, leaf, amountMinor, ofTapId, atMs: askedMs } = seen;
  const empty = { touches: [], screens: [], standing: 'open', shown: undefined, handedMinor: 0 } as const;
  return {
    tapId,
    till,
    box,
    leaf,
    amountMinor,
    ofTapId,
    askedMs,
    isCrooked,
    ...empty,
    touches: [],
    screens: [],
  };
}

/** What a screen does to it. Green stays green, and a prompt or a fault ends nothing. */
export function standingAfter({ standing }: Visit, screen: TapScreen): Standing {
  if (standing === 'green' || !('outcome' in screen)) return standing;
  switch (screen.outcome) {
    case 'approved':
      return 'green';
    case 'declined':
      return 'declined';
    case 'cancelled':
      return screen.chip;
    case 'fault':
      return standing;
  }
}

/** Something was written, by what the screen says. */
export function wrote({ leaf, shown }: Visit): boolean {
  return shown !== undefined && (leaf !== 'balance' || shown.screen.loadedMinor > 0);
}
