/**
 * One presence of one chip, held on to over several scripts. What was decided from the first script must never be
 * written by the second to another chip that has taken its place, least of all a blank one, which refuses nothing.
 */
import type { Presence, Reader, ScriptResult, Step } from '../../reader/reader.ts';

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
