import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId, Seq } from '@pulsera/firmware-protocol/ids';
import type { ReversalAnswer } from '@pulsera/firmware-protocol/wire/reversal';
import { expect, test } from 'vitest';
import { tapId, uidOf } from '../../test/journal-sample.ts';
import { eventLoop } from '../event-loop.ts';
import { askForRight } from './right.ts';

const question = { tap: tapId(1), uid: uidOf(1) };
const wait: ReversalAnswer = { outcome: 'wait', box: 2 as BoxId };
const granted: ReversalAnswer = { outcome: 'granted', cloudSeq: 5 as Seq };
const refused: ReversalAnswer = {
  outcome: 'refused',
  reason: 'done',
  box: 2 as BoxId,
  sinceMs: null,
  boxesCutOff: 0,
};

/** A journal that obeys the cloud as far as it is told to. */
function journalAt(cloudSeq: number) {
  const listeners = new Set<() => void>();
  const journal = {
    cloudSeq: cloudSeq as Seq,
    onAppended: (listener: (appended: never) => void) => {
      const told = () => listener(undefined as never);
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    obey(seq: number) {
      journal.cloudSeq = seq as Seq;
      for (const told of [...listeners]) told();
    },
    listeners,
  };
  return journal;
}

/** Answers in their order, the last one over and over. */
const answering = (...answers: (ReversalAnswer | Error)[]) => {
  let asked = 0;
  const askForReversal = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  };
  return { askForReversal, asked: () => asked };
};
const never = new AbortController().signal;

test('asks again as long as it is to wait, and is done when the journal here obeys the grant', async () => {
  const journal = journalAt(4);
  const link = answering(wait, wait, granted);
  let done = false;
  const answer = askForRight({ timers: eventLoop, journal, link }, question, never).finally(
    () => (done = true),
  );
  await new Promise<void>(resolve => {
    const look = () => (journal.listeners.size > 0 ? resolve() : void setTimeout(look, 5));
    look();
  });
  journal.obey(4);
  await new Promise(resolve => setImmediate(resolve));
  expect(done).toBe(false);
  journal.obey(5);
  expect(await answer).toEqual(granted);
  expect(link.asked()).toBe(3);
  expect(journal.listeners.size).toBe(0);
});

test('passes a refusal on', async () => {
  expect(
    await askForRight(
      { timers: eventLoop, journal: journalAt(0), link: answering(refused) },
      question,
      never,
    ),
  ).toEqual(refused);
});

test('tells a cloud that can’t be asked from a mistake of ours', async () => {
  const [journal, fault] = [journalAt(0), new Fault('cloud-unreachable', 'cut')];
  expect(
    await askForRight({ timers: eventLoop, journal, link: answering(wait, fault) }, question, never),
  ).toEqual({
    outcome: 'unreachable',
  });
  const mistake = askForRight(
    { timers: eventLoop, journal, link: answering(new TypeError('ours')) },
    question,
    never,
  );
  await expect(mistake).rejects.toThrow('ours');
});

test.each([
  ['it waits', wait],
  ['the grant doesn’t come down', granted],
  ['the answer itself does not come', new Fault('cloud-unreachable', 'aborted')],
])('is late when its time is up while %s', async (_, answer) => {
  const over = new AbortController();
  const link = answering(answer);
  const asking = askForRight({ timers: eventLoop, journal: journalAt(0), link }, question, over.signal);
  over.abort();
  expect(await asking).toEqual({ outcome: 'late' });
});
