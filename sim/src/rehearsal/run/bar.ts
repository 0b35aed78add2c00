/** A bar where somebody looks, a line now and then where nobody does. */
import { type Summary, total } from './summary.ts';

const WIDTH = 24;
const LEAST_WIDTH = 6;
/** Between two lines where nobody looks, and between two bars where somebody does. */
const LINE_MS = 10_000;
const BAR_MS = 100;

export interface Progress {
  readonly summary: Summary;
  /** How much of all is done, 0 to 1. */
  readonly share: number;
  /** How many seeds there are; undefined where nobody said. */
  readonly asked: number | undefined;
  /** Real time since the first began. */
  readonly ms: number;
}

/** What stands beside the bar. */
export function progressText({ summary, share, asked, ms }: Progress): string {
  const { seeds, taps, findings } = summary;
  const rate = ms > 0 ? (seeds * 1000) / ms : 0;
  const found = total(findings);
  return [
    `${seeds}${asked === undefined ? '' : ` of ${asked}`} seeds`,
    `${rate.toFixed(2)}/s`,
    `${total(taps).toLocaleString('en')} taps`,
    `${found} ${found === 1 ? 'finding' : 'findings'}`,
    share > 0 ? `${span((ms * (1 - share)) / share)} left` : 'just begun',
  ].join(', ');
}

function drawn(share: number, width: number): string {
  const filled = Math.round(width * Math.min(1, share));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}

/** "1 h 20 min", "3 min 5 s", "12 s". */
function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (h > 0) return `${h} h ${min} min`;
  return min > 0 ? `${min} min ${s} s` : `${s} s`;
}

export interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line that is written over again and again, and makes room for what has to stay. */
export class Bar {
  readonly #out: Out;
  readonly #nowMs: () => number;
  #shownMs: number;

  /** @param nowMs real time */
  constructor(out: Out, nowMs: () => number) {
    this.#out = out;
    this.#nowMs = nowMs;
    this.#shownMs = out.isTTY ? Number.NEGATIVE_INFINITY : nowMs();
  }

  /** @param text made only when it is shown */
  show(share: number, text: () => string): void {
    const { isTTY, columns = 120 } = this.#out;
    if (this.#nowMs() - this.#shownMs < (isTTY ? BAR_MS : LINE_MS)) return;
    this.#shownMs = this.#nowMs();
    const words = text();
    const width = isTTY
      ? Math.min(WIDTH, Math.max(LEAST_WIDTH, columns - words.length - '[] '.length - 1))
      : WIDTH;
    const line = `${drawn(share, width)} ${words}`;
    this.#out.write(isTTY ? `\r\x1b[K${line.slice(0, columns - 1)}` : `${line}\n`);
  }

  /** What is written next stands on a line of its own. */
  clear(): void {
    if (!this.#out.isTTY) return;
    this.#out.write('\r\x1b[K');
    this.#shownMs = Number.NEGATIVE_INFINITY;
  }
}
