import { planMemory } from '@pulsera/edge-node/plan/memory';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { expect, it } from 'vitest';
import { Life } from './life.ts';
import { VirtualTime } from './time.ts';

it('when it is over, rings no timer, writes no plan, and hears no answer', async () => {
  const time = new VirtualTime();
  const [life, plan] = [new Life(time), planMemory()];
  const seen: string[] = [];
  life.after(1, () => seen.push('timer'));
  life.soon(() => seen.push('soon'));
  void life.heard(time.sleep(1)).then(() => seen.push('answer'));
  const putInPlace = life.plan(plan).prepare(Uint8Array.of(1));
  life.end();
  putInPlace();
  await time.until(time.sleep(5));
  expect(seen).toEqual([]);
  expect(plan.read()).toBeUndefined();
});

it('sees of a reader nothing that comes after it, which the next one does', async () => {
  const time = new VirtualTime();
  const reader = new VirtualReader({ name: 'till', clock: time });
  const [first, second] = [new Life(time), new Life(time)];
  const seen: string[] = [];
  first.reader(reader).onSignal(({ kind }) => seen.push(`first ${kind}`));
  first.end();
  second.reader(reader).onSignal(({ kind }) => seen.push(`second ${kind}`));
  const chip = new VirtualChip('04000000000001');
  await time.until(reader.present(chip));
  expect(seen).toEqual(['second present']);
  expect(first.reader(reader).chip()).toBeUndefined();
  expect(second.reader(reader).chip()?.uid).toBe('04000000000001');
});
