import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { describe, expect, test } from 'vitest';
import { readCbor, writeCbor } from './cbor-tree.ts';
import { fuzz } from './loop.ts';
import { grows } from './memory.ts';
import { minimise } from './minimise.ts';
import { nextInput } from './mutate.ts';
import { readOptions } from './options.ts';
import { findingText } from './report.ts';
import { vectors } from './samples.ts';
import { attempt, holds, type Target } from './target.ts';
import { loadTarget, TARGET_NAMES } from './targets.ts';
import { watch } from './watch.ts';

const planted = (name: string) => new URL(`../../test/planted/${name}-target.ts`, import.meta.url).href;

test.each(TARGET_NAMES)(
  '%s has samples that its decoder takes, and nothing to find in any of them',
  async name => {
    const target = await loadTarget(name);
    const taken: boolean[] = [];
    for (const seed of target.seeds) taken.push(await target.run(seed));
    expect(taken).toContain(true);
  },
);

describe('a planted mistake', () => {
  test('behind four bytes is found by what code runs, and cut down to those four', async () => {
    const order = { name: planted('deep'), seed: 1, ms: 25_000, isOneEnough: true };
    const { findings } = await watch(order, () => undefined);
    expect(findings).toMatchObject([
      { verdict: 'threw', what: expect.stringContaining('TypeError: planted') },
    ]);
    expect(toHex(findings[0]?.input ?? new Uint8Array(0))).toBe('50554c53');
  });

  test('that never ends is found by whoever watches, with the input', async () => {
    const { findings } = await watch(
      { name: planted('hanging'), seed: 1, ms: 60_000 },
      () => undefined,
      1500,
    );
    expect(findings).toMatchObject([{ verdict: 'hung', input: Uint8Array.of(7, 8) }]);
  });

  test('that keeps what it saw is found by the heap', async () => {
    const { findings } = await watch({ name: planted('hoarding'), seed: 1, ms: 60_000 }, () => undefined);
    expect(findings.map(({ verdict }) => verdict)).toEqual(['memory']);
  });
});

test('the same seed draws the same inputs', async () => {
  const drawn = async (seed: number) => {
    const inputs: string[] = [];
    const target: Target = {
      shape: 'cbor',
      seeds: vectors('entries.json', ['content']),
      run: input => inputs.push(toHex(input)) > 0,
    };
    const run = {
      name: 'x',
      seed,
      about: () => undefined,
      progress: () => undefined,
      found: () => undefined,
    };
    await fuzz(target, { ...run, isOver: () => inputs.length >= 300 });
    return inputs.slice(0, 300);
  };
  expect(await drawn(1)).toEqual(await drawn(1));
  expect(await drawn(1)).not.toEqual(await drawn(2));
});

test('valid CBOR is the same after it was taken apart and written again', () => {
  for (const sample of [...vectors('batches.json', ['bytes']), ...vectors('heads.json', ['message'])]) {
    const items = readCbor(sample);
    expect(items).toBeDefined();
    expect(toHex(writeCbor(items ?? []))).toBe(toHex(sample));
  }
});

test('changed inputs stay bytes of a bounded length, whatever their shape', () => {
  const corpus = [...vectors('entries.json', ['content']), new TextEncoder().encode('{"a":[1,"b",null]}')];
  const random = seededRandom(3);
  for (const shape of ['bytes', 'cbor', 'json'] as const) {
    const made = Array.from({ length: 500 }, () => nextInput({ shape, words: ['a'] }, corpus, random));
    expect(Math.max(...made.map(input => input.length))).toBeLessThanOrEqual(16_384);
    expect(new Set(made.map(toHex)).size).toBeGreaterThan(300);
  }
});

test('an input is cut down to what shows the same mistake', async () => {
  const input = Uint8Array.from({ length: 200 }, (_, i) => i);
  const isSame = async (candidate: Uint8Array) => candidate.includes(70) && candidate.includes(150);
  expect([...(await minimise(input, isSame))]).toEqual([70, 150]);
});

test('a heap that only breathes does not grow', () => {
  const mb = 1024 * 1024;
  expect(grows([10, 20, 12, 19, 11, 21].map(n => n * mb))).toBe(false);
  expect(grows([10, 12, 14, 30, 35, 40].map(n => n * mb))).toBe(true);
  expect(grows([10, 40].map(n => n * mb))).toBe(false);
});

test('only what a decoder declares is no finding', () => {
  expect(attempt(['hex-invalid'], () => fromHex('0'))).toBeUndefined();
  expect(() => attempt(['cbor-malformed'], () => fromHex('0'))).toThrow('hex');
  expect(() => attempt([RangeError], () => holds(false, 'broken'))).toThrow('broken');
});

test('a finding is printed with the command that replays it', () => {
  const finding = {
    target: 'entry',
    verdict: 'threw',
    what: 'TypeError: x',
    input: Uint8Array.of(0xff, 1),
  } as const;
  expect(findingText(finding, 1, undefined)).toContain('npm run fuzz -- --only entry --input ff01');
  expect(findingText(finding, 1, '/tmp/f')).toContain('--input @/tmp/f');
});

test.each([
  [['--only', 'purses'], '--only'],
  [['--input', '00'], '--input: only with --only'],
  [['--only', 'purse', '--input', '0'], '--input: pairs of hex digits'],
  [['--minutes', '0'], '--minutes'],
])('%j is refused, with what is wrong', (args, says) => {
  expect(readOptions(args)).toMatchObject({ problem: expect.stringContaining(says) });
});
