/** A whole run: so many kills, over as many evenings as that takes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { BrokenPromise, Evening } from './evening.ts';
import { MOMENTS, type Moment } from './moment.ts';

/** A journal is checked from its beginning after each start: a new box now and then keeps that short. */
const KILLS_AN_EVENING = 20;

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly powerCuts: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly onProgress?: (tally: Tally) => void;
  /** Once it is aborted the run ends with the evening it is at. */
  readonly signal?: AbortSignal;
}

export interface Tally {
  kills: number;
  asked: number;
  greens: number;
  /** Taps that a box was asked for and a later one answered. */
  resumed: number;
  powerCuts: number;
  /** Writes that no sync stood behind when the power went. */
  unsynced: number;
  /** Files whose content was not what the dead box had written. */
  filesChanged: number;
  namesUndone: number;
  readonly moments: Record<Moment, number>;
}

export interface CrashReport {
  readonly tally: Tally;
  /** None: every promise was kept. */
  readonly problems: readonly string[];
  /** Where the evidence is; undefined when there is nothing to prove. */
  readonly folder: string | undefined;
}

export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const { kills, seed, powerCuts, env = {}, onProgress, signal } = options;
  const random = seededRandom(seed);
  const root = mkdtempSync(join(tmpdir(), 'pulsera-crash-'));
  const tally = emptyTally();
  for (let number = 1; tally.kills < kills && !signal?.aborted; number++) {
    const folder = join(root, `evening-${number}`);
    const before = { ...tally };
    let evening: Evening | undefined;
    const count = () => {
      for (const [name, figure] of Object.entries(evening?.figures ?? {})) {
        const key = name as keyof Evening['figures'];
        tally[key] = before[key] + figure;
      }
    };
    try {
      evening = await Evening.open({
        folder,
        random,
        powerCuts,
        env,
        onMoment: moment => {
          tally.moments[moment]++;
        },
        onPowerCut: ({ unsynced, fates, namesUndone }) => {
          tally.powerCuts++;
          tally.unsynced += unsynced;
          tally.filesChanged += Object.values(fates).filter(fate => fate !== 'kept').length;
          tally.namesUndone += namesUndone;
        },
      });
      for (let i = 0; i < KILLS_AN_EVENING && tally.kills < kills && !signal?.aborted; i++) {
        await evening.live();
        tally.kills++;
        count();
        onProgress?.(tally);
      }
      await evening.end();
      count();
    } catch (error) {
      count();
      return { tally, problems: keep(root, error, options, tally), folder: root };
    } finally {
      await evening?.close();
    }
    rmSync(folder, { recursive: true, force: true });
  }
  rmSync(root, { recursive: true, force: true });
  return { tally, problems: [], folder: undefined };
}

/** Whatever it is that was thrown: a run that ends without its evidence can't be understood. */
function keep(
  folder: string,
  error: unknown,
  { seed, powerCuts }: CrashOptions,
  tally: Tally,
): readonly string[] {
  const { problems, evidence } = error instanceof BrokenPromise ? error : unexpected(error);
  writeFileSync(
    join(folder, 'evidence.json'),
    JSON.stringify({ seed, powerCuts, tally, ...evidence }, null, 2),
  );
  return problems;
}

function unexpected(error: unknown) {
  const problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  return { problems, evidence: { problems } };
}

function emptyTally(): Tally {
  const moments = Object.fromEntries(MOMENTS.map(moment => [moment, 0])) as Record<Moment, number>;
  return {
    kills: 0,
    asked: 0,
    greens: 0,
    resumed: 0,
    powerCuts: 0,
    unsynced: 0,
    filesChanged: 0,
    namesUndone: 0,
    moments,
  };
}
