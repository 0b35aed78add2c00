import { expect, it } from 'vitest';
import { anyOf, between, Chance } from './chance.ts';

const draws = (chance: Chance, name: string) => Array.from({ length: 5 }, () => chance.of(name).u32());

it('gives the same draws for the same seed and name, whatever else is drawn', () => {
  const [one, two] = [new Chance(7), new Chance(7)];
  draws(two, 'other');
  expect(draws(one, 'guest 1')).toEqual(draws(two, 'guest 1'));
  expect(draws(new Chance(7), 'guest 2')).not.toEqual(draws(new Chance(7), 'guest 1'));
  expect(draws(new Chance(8), 'guest 1')).not.toEqual(draws(new Chance(7), 'guest 1'));
});

it('makes UUIDs, and draws within bounds', () => {
  const chance = new Chance(1);
  const ids = Array.from({ length: 50 }, () => chance.uuid('ids'));
  expect(new Set(ids).size).toBe(50);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const random = chance.of('bounds');
  for (let i = 0; i < 100; i++) {
    const drawn = between(random, [3, 4]);
    expect(drawn >= 3 && drawn < 4).toBe(true);
    expect([1, 2]).toContain(anyOf(random, [1, 2]));
  }
});
