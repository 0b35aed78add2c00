import { sha256 } from '@noble/hashes/sha2.js';
import { encode } from 'cborg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entry } from '../../test/arbitrary-entry.ts';
import { concatBytes, toHex } from '../bytes.ts';
import type { BoxId, Epoch, EventId } from '../ids.ts';
import { entryHash, genesis } from './chain.ts';
import { encodeEntry } from './entry.ts';

const event = 7 as EventId;
const box = 2 as BoxId;
const epoch = 1 as Epoch;

test('the genesis of a journal is the hash of its label, event, box and epoch', () => {
  const label = new TextEncoder().encode('pulsera/journal');
  const hashed = concatBytes(label, Uint8Array.of(0, 0, 0, 7, 0, 2, 0, 0, 0, 1));
  expect(genesis(event, box, epoch, sha256)).toEqual(sha256(hashed));
});

test('no two journals start alike', () => {
  const starts = [
    genesis(event, box, epoch, sha256),
    genesis(8 as EventId, box, epoch, sha256),
    genesis(event, 3 as BoxId, epoch, sha256),
    genesis(event, box, 2 as Epoch, sha256),
  ];
  expect(new Set(starts.map(toHex)).size).toBe(starts.length);
});

test('what is hashed is the CBOR array of the hash before and the entry', () => {
  fc.assert(
    fc.property(entry, original => {
      const before = genesis(event, box, epoch, sha256);
      const content = encodeEntry(original);
      const canonical = concatBytes(Uint8Array.of(0x82), encode(before), content);
      expect(entryHash(before, content, sha256)).toEqual(sha256(canonical));
    }),
  );
});

test('any flipped bit in an entry or in the hash before it changes the hash', () => {
  fc.assert(
    fc.property(entry, fc.nat(), fc.nat(255), (original, at, of) => {
      const before = genesis(event, box, epoch, sha256);
      const content = encodeEntry(original);
      const hash = entryHash(before, content, sha256);
      const bit = at % (8 * content.length);
      const flipped = content.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(entryHash(before, flipped, sha256)).not.toEqual(hash);
      const moved = before.slice();
      moved[of >> 3] = (moved[of >> 3] ?? 0) ^ (1 << (of & 7));
      expect(entryHash(moved, content, sha256)).not.toEqual(hash);
    }),
  );
});
