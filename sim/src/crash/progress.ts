/** A bar where somebody looks, a line now and then where nobody does. */
import { MOMENTS } from './moment.ts';
import type { Tally } from './run.ts';

const WIDTH = 24;
const LINES = 10;

/** @returns what is to be told of each kill */
export function progressOf(
  kills: number,
  out: { readonly isTTY?: boolean; write(text: string): unknown },
): (tally: Tally) => void {
  const startedMs = performance.now();
  return tally => {
    const rate = (tally.kills * 1000) / (performance.now() - startedMs);
    const text = line(tally, kills, rate);
    if (out.isTTY) out.write(`\r\x1b[K${text}`);
    else if (tally.kills % Math.max(1, Math.floor(kills / LINES)) === 0) out.write(`${text}\n`);
  };
}

export function line({ kills: done, moments }: Tally, kills: number, rate: number): string {
  const filled = Math.round((WIDTH * done) / kills);
  const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
  return `[${bar}] ${done} of ${kills} kills, ${rate.toFixed(2)} a second; ${hits(moments)}`;
}

export function summary(tally: Tally, powerCuts: boolean): string {
  const { kills, asked, greens, resumed, moments } = tally;
  const lines = [
    `${kills} kills: ${hits(moments)}`,
    `${asked} taps, ${greens} of them green; ${resumed} were finished by a later box than they were begun at`,
  ];
  if (powerCuts) {
    const { powerCuts: cuts, unsynced, filesChanged, namesUndone } = tally;
    lines.push(
      `${cuts} power cuts found ${unsynced} writes unsynced, changed ${filesChanged} files and undid ${namesUndone} names`,
    );
  }
  return lines.join('\n');
}

function hits(moments: Tally['moments']): string {
  return MOMENTS.map(moment => `${moment} ${moments[moment]}`).join(', ');
}
