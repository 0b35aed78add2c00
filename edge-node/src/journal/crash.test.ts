import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { boxKey, sampleOptions, scratch, sha256, tapId } from '../../test/journal-sample.ts';
import { openJournal, verifyJournal } from './journal.ts';

const APPENDER = new URL('../../test/journal-appender.ts', import.meta.url).pathname;

/** Runs the appender until it was answered `enough` sales, kills it with no warning, and returns the answers. */
async function sellAndKill(dir: string, first: number, enough: number): Promise<number[]> {
  const child = spawn(process.execPath, [APPENDER, dir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let heard = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    if (heard.split('\n').length > enough) child.kill('SIGKILL');
  });
  await closed;
  expect(child.signalCode).toBe('SIGKILL');
  const whole = heard.slice(0, heard.lastIndexOf('\n'));
  return whole.split('\n').map(Number);
}

it('everything answered is there after kill -9, and the chain verifies', { timeout: 60_000 }, async () => {
  const place = scratch();
  const options = sampleOptions(place.dir);
  const answered: number[] = [];
  try {
    for (const [round, enough] of [7, 150, 61, 402].entries()) {
      const answers = await sellAndKill(place.dir, 1 + round * 100_000, enough);
      expect(answers.length).toBeGreaterThanOrEqual(enough);
      answered.push(...answers);
      verifyJournal({ place: options.place, sha256, verify: boxKey.verify });
    }
    const journal = openJournal(options);
    const states = answered.map(n => journal.views.tapAnswer(tapId(n))?.state);
    expect(new Set(states)).toEqual(new Set(['posted']));
    expect(journal.boot).toBe(5);
    await journal.close();
  } finally {
    place.remove();
  }
});
