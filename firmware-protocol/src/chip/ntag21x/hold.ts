/**
 * One presence of one chip, held on to over several scripts. What was decided from the first script must never be
 * written by the second to another chip that has taken its place, least of all a blank one, which refuses nothing.
 */
import type { Presence, Reader, ScriptResult, Step } from '../../reader/reader.ts';
import { nakCode } from './commands.ts';

export interface Held {
  readonly chip: Presence;
  /** As `Reader.run`, but `removed`, with nothing sent, once another presence is in the field. */
  run(script: readonly Step[]): Promise<ScriptResult>;
}

/** The chip in the field now; or, with `presence`, only if it is still that one. */
export function hold(reader: Reader, presence?: number): Held | 'removed' | 'reader-down' {
  if (!reader.isUp()) return 'reader-down';
  const chip = reader.chip();
  if (chip === undefined || (presence !== undefined && chip.presence !== presence)) return 'removed';
  return {
    chip,
    async run(script) {
      if (!reader.isUp()) return { answers: [], stopped: 'reader' };
      if (reader.chip()?.presence !== chip.presence) return { answers: [], stopped: 'removed' };
      return await reader.run(script);
    },
  };
}

/**
 * Runs a script that writes nothing, and once more when it stopped at noise: an answer of no possible length. Through PC/SC a
 * refusal looks the same, so only noise that comes twice may be taken for one.
 */
export async function insist(held: Held, script: readonly Step[]): Promise<ScriptResult> {
  const result = await held.run(script);
  return result.stopped === 'mismatch' && isNoise(script, result) ? await held.run(script) : result;
}

function isNoise(script: readonly Step[], { answers }: ScriptResult): boolean {
  const answer = answers.at(-1);
  const expected = script[answers.length - 1]?.expected;
  if (answer === undefined || expected === undefined) return false;
  const wantedBytes = 'bytes' in expected ? expected.bytes.length : expected.length;
  return answer.length !== wantedBytes && nakCode(answer) === undefined;
}
