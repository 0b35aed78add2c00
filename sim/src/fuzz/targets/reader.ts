/**
 * A reader behind a till: what it says of its field, and its answers while a script is under way. The first byte is which of the two.
 * Nothing may be thrown, and a script ends as its steps say, whatever is claimed.
 */
import { ReaderRegistry } from '@pulsera/edge-node/device/reader-registry';
import { eventLoop } from '@pulsera/edge-node/event-loop';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { ScriptResult, Step } from '@pulsera/firmware-protocol/reader/reader';
import { ReaderState } from '@pulsera/firmware-protocol/wire/till';
import { chosen, json } from '../samples.ts';
import { holds, type Target } from '../target.ts';

const TILL = 'bar-1' as TillId;
const present = { kind: 'present', uid: '04a1b2c3d4e5f6', presence: 1 };
const STEPS: readonly Step[] = [
  { bytes: Uint8Array.of(0x30, 4), expected: { length: 16 } },
  { bytes: Uint8Array.of(0xa2, 10, 1, 2, 3, 4), expected: { bytes: Uint8Array.of(0x0a) } },
];
const FIELDS = [
  present,
  { kind: 'removed' },
  { kind: 'unsupported', reason: 'several-chips' },
  { kind: 'up' },
  { kind: 'down', reason: 'unplugged' },
];
const ANSWERS = [
  { script: 1, answers: ['00'.repeat(16), '0a'], stopped: null },
  { script: 1, answers: ['00'.repeat(16), '00'], stopped: 'mismatch' },
  { script: 1, answers: [], stopped: 'removed' },
];

export const target: Target = {
  shape: 'json',
  from: 1,
  seeds: [...FIELDS.map(field => chosen(0, json(field))), ...ANSWERS.map(answer => chosen(1, json(answer)))],
  words: ['present', 'removed', 'presence', 'script', 'answers', 'mismatch', '0a', '04a1b2c3d4e5f6'],
  run: async input => {
    let states = 0;
    const registry = new ReaderRegistry({
      sendScript: () => true,
      timers: eventLoop,
      boot: 0,
      publishState: (_till, state) => {
        states += 1;
        holds(ReaderState.safeParse(state).success, 'the state is none that a till understands');
      },
    });
    try {
      const encoded = new TextEncoder().encode(JSON.stringify(present));
      registry.heard(TILL, 'reader/field', encoded);
      const verb = (input[0] ?? 0) % 2 === 0 ? 'reader/field' : 'reader/answer';
      const running = registry.readerOf(TILL).run(STEPS);
      await Promise.resolve();
      const isTaken = registry.heard(TILL, verb, input.subarray(1));
      await registry.close();
      judge(await running);
      holds(states > 0, 'nobody was told of the reader');
      return isTaken;
    } finally {
      await registry.close();
    }
  },
};

function judge({ answers, stopped }: ScriptResult): void {
  holds(answers.length <= STEPS.length, 'more answers than steps');
  const isWhole = stopped === undefined;
  holds(!isWhole || answers.length === STEPS.length, 'a script that is done without all its answers');
  holds(!isWhole || answers[1]?.[0] === 0x0a, 'a script that is done with an answer that is not as expected');
}
