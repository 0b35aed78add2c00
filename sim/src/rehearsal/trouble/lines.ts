/**
 * A line is cut, so that both ends know, or half-open, so that neither does, or it is bad: between a till and its box, or a box and the
 * cloud. What a bad line does is what its transport lets it do. A till's connection is TCP, which only gets slow, or breaks again and again.
 * To the cloud every call is a request of its own, by way of proxies: one may be lost, answered late, twice, or behind a later one.
 */
import { anyOf, between } from '../chance.ts';
import type { Life } from '../life.ts';
import { CALM, type LineQuality } from '../line.ts';
import type { Post } from '../site.ts';
import { atMoment, drawMoment, type Moment, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

/** Half-open for what goes to the box or the cloud, for what comes back, or both. */
type How = 'cut' | 'half-open' | 'half-open-there' | 'half-open-back' | 'slow' | 'flapping' | 'lossy';

interface BadLine extends Moment {
  readonly how: How;
  readonly forMs: number;
}
interface Wire {
  quality: LineQuality;
  cut(): void;
  silence(way?: 'there' | 'back'): void;
  mend(): void;
}

const TILL_HOWS: readonly How[] = [
  'cut',
  'half-open',
  'half-open-there',
  'half-open-back',
  'slow',
  'flapping',
];
const CLOUD_HOWS: readonly How[] = ['cut', 'half-open', 'half-open-there', 'half-open-back', 'slow', 'lossy'];
const LASTS_MS = [1_000, 60_000] as const;
/** While it is flapping: so long it is up, or cut. */
const FLAP_MS = 1_500;
/** Slower than some deadlines, each way. */
const SLOW: LineQuality = { ...CALM, delayMs: [200, 3_000] };
const SLOW_TO_THE_CLOUD: LineQuality = { ...CALM, delayMs: [1_000, 25_000], reorderRate: 1 };
const LOSSY: LineQuality = { delayMs: [5, 2_000], lossRate: 0.2, duplicateRate: 0.3, reorderRate: 1 };

const badLine = (hows: readonly How[], slow: LineQuality, wireOf: (post: Post) => Wire): Kind<BadLine> => ({
  draw: (random, setting) => ({
    ...drawMoment(random, setting),
    how: anyOf(random, hows),
    forMs: between(random, LASTS_MS),
  }),
  play(site, line, evening) {
    const wire = wireOf(postAt(site, line.post));
    atMoment(site, line, evening, () => {
      strike(wire, line, slow, evening);
      evening.after(line.forMs, () => wire.mend());
    });
  },
});

function strike(wire: Wire, { how, forMs }: BadLine, slow: LineQuality, evening: Life): void {
  switch (how) {
    case 'cut':
      wire.cut();
      return;
    case 'half-open':
      wire.silence();
      return;
    case 'half-open-there':
    case 'half-open-back':
      wire.silence(how === 'half-open-there' ? 'there' : 'back');
      return;
    case 'slow':
      wire.quality = slow;
      return;
    case 'lossy':
      wire.quality = LOSSY;
      return;
    case 'flapping':
      for (let ms = 0; ms < forMs; ms += 2 * FLAP_MS) {
        evening.after(ms, () => wire.cut());
        evening.after(ms + FLAP_MS, () => wire.mend());
      }
  }
}

export const tillLine = badLine(TILL_HOWS, SLOW, ({ wire }) => wire);
export const cloudLine = badLine(CLOUD_HOWS, SLOW_TO_THE_CLOUD, ({ box }) => box.wire);
