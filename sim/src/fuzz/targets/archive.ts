/** An exported event as it is unpacked, and the whole audit of it: whatever is found, it ends with a report or says what is malformed. */
import { buffer } from 'node:stream/consumers';
import { chunksOf, exported, smallEvent } from '../../../test/small-event.ts';
import { type Item, readItems } from '../../audit/archive.ts';
import { audit } from '../../audit/audit.ts';
import { report } from '../../audit/report.ts';
import { attemptAsync, holds, type Target } from '../target.ts';

const { event, places } = smallEvent();
const items = exported(event, places);
const TYPES = ['pulsera-export', 'key', 'journal', 'entries', 'quarantine', 'balance', 'case', 'end'];

export const target: Target = {
  shape: 'cbor',
  seeds: [
    new Uint8Array(await buffer(chunksOf(items))),
    new Uint8Array(await buffer(chunksOf(items.slice(0, 4)))),
  ],
  words: [...TYPES, '__proto__', 'constructor', 'forked', 'open', '0/1/1', '{}', '[]'],
  run: async input => {
    const result = await attemptAsync(['archive-malformed', 'archive-unreadable'], () =>
      audit(typed(readItems(pieces(input))), true),
    );
    if (result === undefined) return false;
    holds(report(result).length > 0, 'no report');
    return result.findings.holds;
  },
};

async function* typed(read: AsyncIterable<Item>): AsyncGenerator<Item> {
  for await (const item of read) {
    holds(TYPES.includes(item.type), `an item of the type ${item.type}`);
    yield item;
  }
}

async function* pieces(input: Uint8Array): AsyncGenerator<Uint8Array> {
  const half = input.length >> 1;
  yield input.subarray(0, half);
  yield input.subarray(half);
}
