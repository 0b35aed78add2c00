import { expect, test } from 'vitest';
import { chunksOf } from '../../test/small-event.ts';
import { readItems } from './archive.ts';

test.each(['constructor', '__proto__', 'toString', 'journals'])(
  'an item of the type %s is refused',
  async type => {
    const read = readItems(chunksOf([[type]]));
    await expect(read.next()).rejects.toMatchObject({
      code: 'archive-malformed',
      message: expect.stringContaining(`an unknown type ${type}`),
    });
  },
);
