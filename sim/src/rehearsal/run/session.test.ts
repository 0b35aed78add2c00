import { expect, test } from 'vitest';
import { readOptions } from './options.ts';
import { NOTHING_PLAYED, type Order, type Report } from './order.ts';
import { runSession } from './session.ts';

const DRAWN = { strikes: [0, 1, 2, 3, 4, 5], guests: [0, 1, 2, 3], untilMs: 600_000 };

/** Seeds divisible by three go wrong: by strike 4, for guest 2, in the fifth minute. */
function played(order: Order): Report {
  const { strikes = DRAWN.strikes, guests = DRAWN.guests, untilMs = DRAWN.untilMs } = order.part;
  const isWrong = order.seed % 3 === 0 && strikes.includes(4) && guests.includes(2) && untilMs >= 250_000;
  const findings = [{ check: 'green-kept', atMs: 305_000, what: 'it is gone', guest: 'guest 3' }];
  const story = [`the story of ${strikes.length} strikes`];
  const report = { ...NOTHING_PLAYED, order, drawn: DRAWN, taps: { 'charge approved': 2 } };
  return isWrong ? { ...report, findings, story } : report;
}

interface Asked {
  readonly play?: (order: Order) => Report | undefined;
  readonly signal?: AbortSignal;
}

async function session(args: string, { play = played, signal = new AbortController().signal }: Asked = {}) {
  const read = readOptions(args.split(' '));
  if ('problem' in read) throw new Error(read.problem);
  const [texts, progress]: [string[], string[]] = [[], []];
  const orders: Order[] = [];
  let ms = 0;
  const code = await runSession({
    options: read.options,
    crew: {
      play: async order => {
        orders.push(order);
        ms += 1000;
        return play(order);
      },
    },
    out: { write: text => texts.push(text) },
    err: { write: text => progress.push(text) },
    nowMs: () => ms,
    signal,
  });
  return { code, text: texts.join(''), progress: progress.join(''), orders };
}

test('without a finding it ends well, with a table', async () => {
  const { code, text, progress } = await session('--seeds 1..2');
  expect(code).toBe(0);
  expect(text).toMatch(/^seeds +2 /m);
  expect(text).toMatch(/^findings +0$/m);
  expect(text).not.toContain('FOUND');
  expect(progress).toBe('');
});

test('a finding is named at once, then cut down and told with the shortest command', async () => {
  const { code, text } = await session('--seeds 2..4 --profile storm');
  expect(code).toBe(1);
  expect(text).toContain(
    'FOUND in seed 3, storm: green-kept: it is gone\n  npm run sim -- --seed 3 --profile storm\n',
  );
  expect(text).toContain(
    'What was shown green is posted in a journal, and is never lost. But at 16:05:05.000:',
  );
  expect(text).toContain('  npm run sim -- --seed 3 --profile storm --strikes 4 --guests 2 --until 250000\n');
  expect(text).toContain('Enough for it are 1 of 6 strikes, 1 of 4 guests, 250.0 of 600.0 s');
  expect(text).toContain('the story of 1 strikes');
});

test('of seeds that fail in one way the first is cut down, and all are named', async () => {
  const { text, orders } = await session('--seeds 1..9 --profile storm');
  expect(text.match(/^FOUND in seed \d/gm)).toEqual([
    'FOUND in seed 3',
    'FOUND in seed 6',
    'FOUND in seed 9',
  ]);
  expect(text.match(/^SEED \d/gm)).toEqual(['SEED 3']);
  expect(new Set(orders.slice(9).map(({ seed }) => seed))).toEqual(new Set([3]));
});

test('part of a night is played as it was asked for, and not cut down', async () => {
  const { text, orders } = await session('--seed 3 --profile storm --strikes 3,4');
  expect(orders).toMatchObject([{ part: { strikes: [3, 4] } }]);
  expect(text).toContain('  Again:\n  npm run sim -- --seed 3 --profile storm --strikes 3,4\n');
  expect(text).toContain('the story of 2 strikes');
});

test('of an evening that a process did not survive nothing is known that could be left out', async () => {
  const died = (order: Order): Report => ({
    ...NOTHING_PLAYED,
    order,
    findings: [{ check: 'hang', atMs: 5, what: 'it stands still' }],
  });
  const { text, orders } = await session('--seed 3 --profile storm', { play: died });
  expect(orders).toHaveLength(1);
  expect(text).toContain('Every evening ends. But at 16:00:00.005:\n  it stands still\n\n  Again:\n');
});

test('after its minutes no other seed is begun', async () => {
  const { orders, text, progress } = await session('--seeds 1..1000 --minutes 1 --jobs 1 --no-shrink');
  expect(orders).toHaveLength(60);
  expect(text).toMatch(/^seeds +60 of 1,000 /m);
  expect(progress.split('\n')[0]).toContain('10 of 1000 seeds, 1.00/s, 20 taps, 3 findings, 50 s left');
});

test('stopped by hand it sums up what was played', async () => {
  const stop = new AbortController();
  const play = (order: Order) => {
    if (order.seed === 3) stop.abort();
    return order.seed < 3 ? played(order) : undefined;
  };
  const { code, text } = await session('--seeds 1..9 --jobs 1', { play, signal: stop.signal });
  expect(code).toBe(130);
  expect(text).toMatch(/^seeds +2 of 9 /m);
});

test('as JSON there is a line for each seed, and nothing else', async () => {
  const { code, text } = await session('--seeds 2..3 --profile storm --json');
  expect(code).toBe(1);
  const lines = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as unknown);
  expect(lines).toMatchObject([
    { seed: 2, profile: 'storm', findings: [] },
    { seed: 3, findings: [{ check: 'green-kept' }] },
  ]);
});
