/** The body of a batch as it comes over HTTP, packed; the first byte says how. */
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { unpack } from '@pulsera/cloud-api/ingest/receive';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { chosen, vectors } from '../samples.ts';
import { attempt, attemptAsync, holds, type Target } from '../target.ts';

const PACKED = [zstdCompressSync, brotliCompressSync, gzipSync, (bytes: Uint8Array) => bytes];
const ENCODINGS = ['zstd', 'br', 'gzip', 'identity', '__proto__', 'constructor', 'zstd, gzip', ''];
const MOST_BYTES = 16 * 1024 * 1024;
const bomb = new Uint8Array(MOST_BYTES + 1);

export const target: Target = {
  shape: 'bytes',
  seeds: PACKED.flatMap((pack, i) => [
    ...vectors('batches.json', ['bytes', 'batch', 'encoded', 'cbor']).map(bytes => chosen(i, pack(bytes))),
    ...(i < 3 ? [chosen(i, pack(bomb))] : []),
  ]),
  run: async input => {
    const encoding = ENCODINGS[(input[0] ?? 0) % ENCODINGS.length];
    const declared = ['body-malformed', 'body-too-large', 'content-encoding-unknown'];
    const body = await attemptAsync(declared, () => unpack(input.subarray(1), encoding));
    if (body === undefined) return false;
    holds(body.length <= MOST_BYTES, `${body.length} bytes were unpacked`);
    return attempt(['cbor-malformed'], () => decodeBatch(body)) !== undefined;
  },
};
