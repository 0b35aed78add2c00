/** What goes wrong at a reader: it is armed, and the next script that runs on it meets the fault. */
import { PAGE_BYTES } from '@pulsera/firmware-protocol/chip/ntag21x/model';
import type { VirtualFault } from '@pulsera/firmware-protocol/virtual/faults';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { between } from '../chance.ts';
import type { Site } from '../site.ts';
import { drawPost, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

interface Armed {
  readonly post: number;
  readonly fault: VirtualFault;
}

/** Exchanges and page writes of a tap, within which all of it happens. */
const TAP_EXCHANGES = 7;
const TAP_WRITES = 5;
/** At most so many bits has an answer. */
const ANSWER_BITS = 64 * 8;
/** Until somebody sees that the cable is out. */
const UNPLUGGED_MS = [1_000, 30_000] as const;

const armed = (drawFault: (random: Random) => VirtualFault): Kind<Armed> => ({
  draw: (random, setting) => ({ post: drawPost(random, setting), fault: drawFault(random) }),
  play: (site, { post, fault }) => postAt(site, post).reader.arm(fault),
});

/** Pulled away as any byte is programmed, or between two exchanges. */
export const tornChip = armed(random => {
  const [isInWrite, atExchange] = [random.chance(0.8), random.below(TAP_EXCHANGES)];
  const [atWrite, programmed] = [random.below(TAP_WRITES), random.below(PAGE_BYTES + 1)];
  const weakReads = random.below(3);
  return isInWrite ? { kind: 'tear', atWrite, programmed, weakReads } : { kind: 'removed', atExchange };
});

export const twoChips = armed(random => ({ kind: 'second-chip', atExchange: random.below(TAP_EXCHANGES) }));

/** One bit of an answer flips: what has a checksum doesn't get through, an ACK turns into something else. */
export const readerNoise = armed(random => ({
  kind: 'bit-error',
  atExchange: random.below(TAP_EXCHANGES),
  bit: random.below(ANSWER_BITS),
}));

interface Unplugged {
  readonly post: number;
  /** Null: on the spot. */
  readonly atExchange: number | null;
  readonly forMs: number;
}

export const readerUnplugged: Kind<Unplugged> = {
  draw(random, setting) {
    const [post, isInTap] = [drawPost(random, setting), random.chance(0.75)];
    const [atExchange, forMs] = [random.below(TAP_EXCHANGES), between(random, UNPLUGGED_MS)];
    return { post, atExchange: isInTap ? atExchange : null, forMs };
  },
  play(site, { post, atExchange, forMs }, evening) {
    const { reader } = postAt(site, post);
    const leave = reader.onSignal(
      evening.while(({ kind }) => {
        if (kind !== 'down') return;
        leave();
        evening.after(forMs, () => plugIn(site, post));
      }),
    );
    if (atExchange === null) reader.unplug();
    else reader.arm({ kind: 'unplugged', atExchange });
  },
};

/** A box without power has no reader of its own either way, and plugs it in when it starts; one behind a till has the till's. */
function plugIn(site: Site, number: number): void {
  const { box, reader } = postAt(site, number);
  if (box.isUp || reader.via === 'terminal') site.time.beside(reader.plug());
}
