/** What both places of a plan must do. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scratch } from '../../test/journal-sample.ts';
import { planFile } from './file.ts';
import { planMemory } from './memory.ts';
import type { PlanPlace } from './place.ts';

const [ONE, TWO] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)];

describe.each([
  ['a file', (dir: string) => planFile(join(dir, 'plan'))],
  ['memory', () => planMemory()],
])('the plan in %s', (_, make) => {
  let folder: ReturnType<typeof scratch>;
  let place: PlanPlace;
  beforeEach(() => {
    folder = scratch();
    place = make(folder.dir);
  });
  afterEach(() => folder.remove());

  it('is none before one was put there, and then that one', () => {
    expect(place.read()).toBeUndefined();
    place.prepare(ONE)();
    expect(place.read()).toEqual(ONE);
    place.prepare(TWO)();
    expect(place.read()).toEqual(TWO);
  });

  it('stays the old one until the new one is put in place', () => {
    place.prepare(ONE)();
    const putInPlace = place.prepare(TWO);
    expect(place.read()).toEqual(ONE);
    putInPlace();
    expect(place.read()).toEqual(TWO);
  });

  it('is not changed by whoever goes on writing into the bytes', () => {
    const bytes = ONE.slice();
    const putInPlace = place.prepare(bytes);
    bytes.fill(9);
    putInPlace();
    place.read()?.fill(9);
    expect(place.read()).toEqual(ONE);
  });
});
