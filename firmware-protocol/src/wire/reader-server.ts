/**
 * The far end of a reader link: holds the reader itself, runs the scripts that come, and tells what its field holds. It
 * stands in the till (MQTT) and in the box's reader process (IPC); the near end is the box's `LinkedReader`.
 */
import { fromHex, toHex } from '../bytes.ts';
import type { Reader, ReaderSignal, ScriptResult, Step } from '../reader/reader.ts';
import type { ReaderAnswer, ReaderField, ReaderScript } from './reader-link.ts';

export interface ReaderServer {
  /** Answers through `out.answer`, always; never rejects. */
  run(script: ReaderScript): Promise<void>;
  /** Says all there is to know from the start: after the link was lost, the box knows nothing. */
  announce(): void;
  close(): void;
}

export function serveReader(
  reader: Reader,
  out: { answer(answer: ReaderAnswer): void; field(field: ReaderField): void },
): ReaderServer {
  const unsubscribe = reader.onSignal(signal => out.field(fieldOf(signal)));

  async function runFor(presence: number, script: readonly Step[]): Promise<ScriptResult> {
    if (!reader.isUp()) return { answers: [], stopped: 'reader' };
    if (reader.chip()?.presence !== presence) return { answers: [], stopped: 'removed' };
    try {
      return await reader.run(script);
    } catch {
      // A reader that throws is broken; the box must hear that rather than wait for its deadline.
      return { answers: [], stopped: 'reader' };
    }
  }

  return {
    async run({ script, presence, steps }) {
      const { answers, stopped } = await runFor(presence, steps.map(stepOf));
      out.answer({ script, answers: answers.map(toHex), stopped: stopped ?? null });
    },
    announce() {
      out.field(reader.isUp() ? { kind: 'up' } : { kind: 'down', reason: 'down' });
      const chip = reader.chip();
      if (chip !== undefined) out.field(fieldOf({ kind: 'present', chip }));
    },
    close: unsubscribe,
  };
}

function stepOf({ bytes, expected }: ReaderScript['steps'][number]): Step {
  return {
    bytes: fromHex(bytes),
    expected: 'bytes' in expected ? { bytes: fromHex(expected.bytes) } : expected,
  };
}

function fieldOf(signal: ReaderSignal): ReaderField {
  if (signal.kind === 'present') {
    return { kind: 'present', uid: signal.chip.uid as ReaderFieldUid, presence: signal.chip.presence };
  }
  if (signal.kind === 'down') return { kind: 'down', reason: signal.reason.slice(0, 200) };
  return signal;
}

type ReaderFieldUid = Extract<ReaderField, { kind: 'present' }>['uid'];
