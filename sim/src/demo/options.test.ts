import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('with no options it is half a minute with a dozen tills', () => {
  expect(readOptions([])).toMatchObject({
    options: { seconds: 30, tills: 12, seed: 1, readers: 'virtual', help: false },
  });
});

test('every number is read, and every problem is told with its option', () => {
  expect(readOptions(['--guests', '50', '--seed', '7'])).toMatchObject({ options: { guests: 50, seed: 7 } });
  const { problem } = readOptions(['--guests', 'many', '--tills', '0', '--readers', 'usb']) as {
    problem: string;
  };
  for (const option of ['--guests', '--tills', '--readers']) expect(problem).toContain(option);
});

test.each([
  [['--gests', '5']],
  [['--write-wristbands', '1']],
  [['--readers', 'pcsc', '--write-wristbands', '0']],
  [['left over']],
  [['--seconds', '2.5']],
])('%j is refused', args => {
  expect(readOptions(args)).toHaveProperty('problem');
});
