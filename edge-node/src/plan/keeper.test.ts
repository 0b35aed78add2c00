import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventId } from '@pulsera/firmware-protocol/ids';
import { signPlan } from '@pulsera/firmware-protocol/wire/plan';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { samplePlan } from '../../test/bar-sample.ts';
import { boxKey, cloudKey, EVENT, sampleOptions, scratch, sha256 } from '../../test/journal-sample.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import { planFile } from './file.ts';
import { PlanKeeper } from './keeper.ts';

let place: ReturnType<typeof scratch>;
let journal: Journal;
let file: string;
beforeEach(() => {
  place = scratch();
  file = join(place.dir, 'plan');
  journal = openJournal(sampleOptions(place.dir));
});
afterEach(async () => {
  await journal.close();
  place.remove();
});

const keeper = () =>
  new PlanKeeper({ place: planFile(file), event: EVENT, verify: cloudKey.verify, sha256, journal });
const signed = (version: number, change = {}, sign = cloudKey.sign) =>
  signPlan(samplePlan({ version, ...change }), sign);

it('has no plan until one came, and that one again after a restart', async () => {
  const plans = keeper();
  expect([plans.current(), plans.version()]).toEqual([undefined, 0]);
  expect(await plans.apply(signed(3))).toBe('applied');
  expect(plans.version()).toBe(3);
  expect(keeper().current()?.plan).toEqual(samplePlan({ version: 3 }));
});

it('journals each plan with its hash, and tells who listens', async () => {
  const plans = keeper();
  const heard = vi.fn();
  const unsubscribe = plans.onApplied(heard);
  await plans.apply(signed(1));
  unsubscribe();
  await plans.apply(signed(2));
  expect(heard.mock.calls.map(([selling]) => selling.plan.version)).toEqual([1]);
  const { decodeEntry } = await import('@pulsera/firmware-protocol/journal/entry');
  expect(journal.entriesAfter(0 as never, 9, 1e6).map(decodeEntry)).toMatchObject([
    { kind: 'plan-applied', body: { plan: 1, hash: new Uint8Array(sha256(signed(1))) } },
    { kind: 'plan-applied', body: { plan: 2 } },
  ]);
});

it('takes plans one after the other, in the order they came', async () => {
  const plans = keeper();
  const outcomes = await Promise.allSettled([1, 3, 2, 3].map(version => plans.apply(signed(version))));
  expect(outcomes).toMatchObject([
    { value: 'applied' },
    { value: 'applied' },
    { reason: thrown('plan-older') },
    { value: 'same' },
  ]);
  expect(journal.lastSeq).toBe(2);
});

describe('keeps the plan in force and refuses', () => {
  it.each([
    ['an older one', 'plan-older', () => signed(4)],
    ['another one of the same version', 'plan-forked', () => signed(5, { staff: [] })],
    ["another event's", 'plan-foreign', () => signed(6, { eventId: (EVENT + 1) as EventId })],
    ['one that somebody else signed', 'signature-invalid', () => signed(6, {}, boxKey.sign)],
    [
      'one with a flipped bit',
      'signature-invalid',
      () => signed(6).map((byte, i) => (i === 90 ? byte ^ 1 : byte)),
    ],
    ['half of one', 'cbor-malformed', () => signed(6).slice(0, 200)],
  ])('%s', async (_, code, offered) => {
    const plans = keeper();
    await plans.apply(signed(5));
    await expect(plans.apply(offered())).rejects.toEqual(thrown(code));
    expect(plans.version()).toBe(5);
    expect(keeper().version()).toBe(5);
    expect(journal.lastSeq).toBe(1);
    expect(await plans.apply(signed(6))).toBe('applied');
  });
});

it('stays with the old plan when the new one could not be journaled, and takes it later', async () => {
  const plans = keeper();
  await plans.apply(signed(1));
  const full = vi.spyOn(journal, 'append').mockRejectedValueOnce(new Error('full'));
  await expect(plans.apply(signed(2))).rejects.toThrow('full');
  expect([plans.version(), keeper().version()]).toEqual([1, 1]);
  full.mockRestore();
  expect(await plans.apply(signed(2))).toBe('applied');
});

it('whose power goes while a plan is written starts with the old one whole', async () => {
  await keeper().apply(signed(1));
  writeFileSync(`${file}.new`, signed(2).slice(0, 50));
  const plans = keeper();
  expect(plans.version()).toBe(1);
  await plans.apply(signed(2));
  expect(existsSync(`${file}.new`)).toBe(false);
  expect(new Uint8Array(readFileSync(file))).toEqual(signed(2));
});

it('does not start on a file that was changed', async () => {
  await keeper().apply(signed(1));
  writeFileSync(file, signed(1, {}, boxKey.sign));
  expect(keeper).toThrow(thrown('plan-damaged'));
});
