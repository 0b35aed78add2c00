/** Asks the cloud for the right to reverse a sale, until there is an answer that stands. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { ReversalAnswer, ReversalQuestion } from '@pulsera/firmware-protocol/wire/reversal';
import type { Journal } from '../journal/journal.ts';
import type { Timers } from '../timers.ts';
import { Bell, pause } from './bell.ts';
import type { CloudLink } from './cloud-link.ts';

export interface RightOptions {
  readonly journal: Pick<Journal, 'cloudSeq' | 'onAppended'>;
  readonly link: Pick<CloudLink, 'askForReversal'>;
  readonly timers: Timers;
}

/** `late`: the signal came first. */
type Answer = Exclude<ReversalAnswer, { outcome: 'wait' }> | { readonly outcome: 'late' | 'unreachable' };

/** Between two questions: the box that has it needs about a second to hear of it and to show that it did. */
const POLL_MS = 300;
/** Looked at anew, should a bell not ring. */
const LOOK_MS = 1_000;

/** @param signal ends the asking. @returns `granted` once the journal here obeys the entry that says so */
export async function askForRight(
  { journal, link, timers }: RightOptions,
  question: ReversalQuestion,
  signal: AbortSignal,
): Promise<Answer> {
  while (!signal.aborted) {
    let answer: ReversalAnswer;
    try {
      answer = await link.askForReversal(question, signal);
    } catch (error) {
      if (signal.aborted) break;
      // Whatever its reason is: as long as the cloud doesn't say yes, the till can only be told to come back.
      if (error instanceof Fault) return { outcome: 'unreachable' };
      throw error;
    }
    if (answer.outcome === 'refused') return answer;
    if (answer.outcome === 'granted') {
      await obeyed({ journal, timers }, answer.cloudSeq, signal);
      if (journal.cloudSeq >= answer.cloudSeq) return answer;
      break;
    }
    await pause(timers, POLL_MS, signal);
  }
  return { outcome: 'late' };
}

/** Sync pulls the cloud's journal all the time; here it is only waited for. */
async function obeyed(
  { journal, timers }: Pick<RightOptions, 'journal' | 'timers'>,
  seq: Seq,
  signal: AbortSignal,
): Promise<void> {
  const appended = new Bell(timers);
  const unsubscribe = journal.onAppended(() => appended.ring());
  try {
    while (journal.cloudSeq < seq && !signal.aborted) await appended.wait(LOOK_MS, signal);
  } finally {
    unsubscribe();
  }
}
