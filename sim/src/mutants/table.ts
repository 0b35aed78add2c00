/** What came of a hunt, as a table that can stand on a page. Pure. */
import type { Hunted } from './hunt.ts';

/** Below this share the tests have to be mended. */
export const LEAST_SHARE = 0.95;

export function line({ mutant, by, hung, ms }: Hunted, number: number, of: number): string {
  const how = by === null ? 'SURVIVED' : `${hung ? 'hung, ' : ''}${by}`;
  return `[${String(number).padStart(String(of).length)}/${of}] ${mutant.name}: ${how} (${seconds(ms)} s)`;
}

export function table(hunted: readonly Hunted[]): string {
  const rows = hunted.map(
    ({ mutant, by, hung, ms }) =>
      `| ${mutant.name} | ${by === null ? '**survived**' : `${hung ? 'hung: ' : ''}${cell(by)}`} | ${seconds(ms)} |`,
  );
  return ['| mutant | caught by | seconds |', '|---|---|---|', ...rows].join('\n');
}

export function summary(hunted: readonly Hunted[]): string {
  const survivors = hunted.filter(({ by }) => by === null);
  const caught = hunted.length - survivors.length;
  return [
    ...survivors.map(({ mutant }) => `SURVIVED ${mutant.name}: ${mutant.bug}`),
    `caught ${caught}/${hunted.length}`,
  ].join('\n');
}

export function isEnough(hunted: readonly Hunted[]): boolean {
  return hunted.filter(({ by }) => by !== null).length >= LEAST_SHARE * hunted.length;
}

const cell = (text: string) => text.replaceAll('|', '\\|');
const seconds = (ms: number) => (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);
