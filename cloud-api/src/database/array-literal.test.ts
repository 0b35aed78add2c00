import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/database.ts';
import { arrayLiteral } from './array-literal.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('what goes in comes out, and nothing but itself', async () => {
  const texts = fc.array(fc.option(fc.stringMatching(/^[a-z0-9_-]{1,40}$/).filter(text => text !== 'null')));
  const numbers = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
  await fc.assert(
    fc.asyncProperty(texts, numbers, async (text, number) => {
      const { rows } = await database.pool.query('SELECT $1::text[] AS text, $2::int[] AS number', [
        arrayLiteral(text),
        arrayLiteral(number),
      ]);
      expect(rows[0]).toEqual({ text, number });
    }),
    { numRuns: 50 },
  );
});

test.each(['"', '{', '}', '\\', ' ', "'", 'a,"b"'])('%s is refused', text => {
  expect(() => arrayLiteral([text])).toThrow(RangeError);
});
