/** A line is cut, so that both ends know, or half-open, so that neither does; between a till and its box, or a box and the cloud. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { anyOf, between } from '../chance.ts';
import type { Life } from '../life.ts';
import type { Setting } from '../setting.ts';
import type { Post, Site } from '../site.ts';
import { atMoment, drawMoment, type Moment, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

/** Half-open for what goes to the box or the cloud, for what comes back, or both. */
const HOWS = ['cut', 'half-open', 'half-open-there', 'half-open-back'] as const;
type How = (typeof HOWS)[number];

interface BadLine extends Moment {
  readonly how: How;
  readonly forMs: number;
}
interface Wire {
  cut(): void;
  silence(way?: 'there' | 'back'): void;
  mend(): void;
}

const LASTS_MS = [1_000, 60_000] as const;

const badLine = (wireOf: (post: Post) => Wire): Kind<BadLine> => ({
  draw: (random: Random, setting: Setting) => ({
    ...drawMoment(random, setting),
    how: anyOf(random, HOWS),
    forMs: between(random, LASTS_MS),
  }),
  play(site: Site, line: BadLine, evening: Life) {
    const wire = wireOf(postAt(site, line.post));
    atMoment(site, line, evening, () => {
      strike(wire, line.how);
      evening.after(line.forMs, () => wire.mend());
    });
  },
});

function strike(wire: Wire, how: How): void {
  if (how === 'cut') wire.cut();
  else if (how === 'half-open') wire.silence();
  else wire.silence(how === 'half-open-there' ? 'there' : 'back');
}

export const tillLine = badLine(({ wire }) => wire);
export const cloudLine = badLine(({ box }) => box.wire);
