/** The demo's live screen: `frame` is what it shows, as lines; `Screen` repaints them on a terminal, or prints plain lines elsewhere. */
import type { Tally } from './tally.ts';

export interface BoxView {
  readonly name: string;
  /** Entries in its journal, and how many of them the cloud has acknowledged. */
  readonly height: number;
  readonly checkpoint: number;
  readonly isCut: boolean;
}

export interface View {
  readonly title: string;
  readonly phase: string;
  readonly elapsedMs: number;
  readonly totalMs: number;
  readonly tally: Tally;
  /** Milliseconds a tap's frames need on the air by the data sheet, with no box at all. */
  readonly airMs: number;
  readonly boxes: readonly BoxView[];
  readonly cloudHeight: number;
  readonly openCases: readonly string[];
  /** What has happened so far, oldest first. */
  readonly story: readonly string[];
}

const whole = new Intl.NumberFormat('en');
const STORY_LINES = 8;

export function frame(view: View, width: number): string[] {
  const { tally } = view;
  const declined = [...tally.declined].map(([reason, count]) => `${reason} ${count}`);
  const faults = [...tally.faults].map(([code, count]) => `${code} ${count}`);
  const lines = [
    view.title,
    `${bar(view.elapsedMs / view.totalMs, 30)}  ${clock(view.elapsedMs)} of ${clock(view.totalMs)}  ${view.phase}`,
    '',
    row(
      'taps',
      `${whole.format(tally.taps)}   approved ${whole.format(tally.approved)}   declined ${sum(tally.declined)}   cancelled ${tally.cancelled}   faults ${sum(tally.faults)}`,
    ),
    row('declined', declined.join(' · ') || 'none'),
    ...(faults.length > 0 ? [row('faults', faults.join(' · '))] : []),
    row('tap time', `${tapTime(tally)}   air alone ${view.airMs.toFixed(1)} ms`),
    ...view.boxes.map(box => row(box.name, boxLine(box))),
    row('cloud', `journal ${whole.format(view.cloudHeight)}   cases ${view.openCases.join(', ') || 'none'}`),
    '',
    ...view.story.slice(-STORY_LINES),
  ];
  return lines.map(line => line.slice(0, width));
}

const row = (name: string, text: string) => `${name.padEnd(10)}${text}`;
const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);

function boxLine({ height, checkpoint, isCut }: BoxView): string {
  const behind = height - checkpoint;
  const link = isCut ? '   cable cut' : '';
  return `journal ${whole.format(height)}   cloud holds ${whole.format(checkpoint)}   behind ${whole.format(behind)}${link}`;
}

export function tapTime(tally: Tally): string {
  const p50 = tally.percentile(0.5);
  const p99 = tally.percentile(0.99);
  return p50 === undefined || p99 === undefined
    ? 'none yet'
    : `p50 ${p50.toFixed(1)} ms   p99 ${p99.toFixed(1)} ms`;
}

function bar(share: number, cells: number): string {
  const full = Math.round(Math.min(1, share) * cells);
  return `[${'█'.repeat(full)}${'░'.repeat(cells - full)}]`;
}

export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Where the screen is painted: process.stdout, or a stand-in. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class Screen {
  readonly #out: Terminal;
  #painted = 0;
  #told = 0;

  constructor(out: Terminal) {
    this.#out = out;
  }

  /** Repaints in place; where nothing can be repainted, prints only what is new in the story. */
  show(view: View): void {
    if (this.#out.isTTY) {
      const lines = frame(view, (this.#out.columns ?? 100) - 1);
      const up = this.#painted > 0 ? `\u001b[${this.#painted}A` : '';
      this.#out.write(`${up}${lines.map(line => `\u001b[2K${line}`).join('\n')}\n\u001b[J`);
      this.#painted = lines.length;
      return;
    }
    for (const line of view.story.slice(this.#told)) this.#out.write(`${line}\n`);
    this.#told = view.story.length;
  }

  /** Lines that stay, below whatever was painted. */
  print(...lines: readonly string[]): void {
    this.#out.write(`${lines.join('\n')}\n`);
    this.#painted = 0;
  }
}
