/** What is printed: a line for each target, and for each finding what it takes to see it again. Pure. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { Finding } from './finding.ts';
import type { Progress } from './loop.ts';

const WIDTH = 20;
const NAME = 10;
/** Longer ones go into a file. */
export const SHOWN_BYTES = 400;

export function progressLine(
  name: string,
  share: number,
  { execs, taken, blocks, corpus }: Progress,
  ms: number,
): string {
  const full = Math.round(Math.min(1, share) * WIDTH);
  const rate = ms > 0 ? Math.round((execs * 1000) / ms) : 0;
  const takenPercent = execs === 0 ? 0 : Math.round((100 * taken) / execs);
  return [
    `${name.padEnd(NAME)}[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`,
    `${String(execs).padStart(8)} inputs`,
    `${String(rate).padStart(6)}/s`,
    `${String(blocks).padStart(5)} blocks`,
    `${String(corpus).padStart(4)} kept`,
    `${String(takenPercent).padStart(3)} % taken`,
  ].join('  ');
}

/** @param file where a long input was put */
export function findingText(
  { target, verdict, what, input }: Finding,
  seed: number,
  file: string | undefined,
): string {
  const replay =
    input.length === 0 && verdict === 'memory'
      ? `--seed ${seed}`
      : `--input ${file === undefined ? toHex(input) : `@${file}`}`;
  const text = new TextDecoder().decode(input);
  const shown =
    /^[\x20-\x7e\s]*$/.test(text.slice(1)) && input.length <= SHOWN_BYTES
      ? `  ${JSON.stringify(text)}\n`
      : '';
  return `FOUND in ${target}, ${verdict}: ${what}\n${shown}  npm run fuzz -- --only ${target} ${replay}\n`;
}
