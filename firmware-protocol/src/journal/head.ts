/**
 * A head says "my journal ends here", signed by its keeper; a checkpoint says the same of it, signed by the cloud.
 * Both are the CBOR array [event, box, epoch, seq, hash, wallMs].
 */

import { uintBytes } from '../bytes.ts';
import type { BoxId, Epoch, EventId, Seq } from '../ids.ts';
import { CborReader, CborWriter } from './cbor.ts';
import { bytes, type Decoded, int, record } from './codec.ts';
import { open1, type Purpose, type Sign, sign1, type Verify } from './cose.ts';

const headCodec = record({
  event: int<EventId>(1, 0xffff_ffff),
  box: int<BoxId>(0, 0xffff),
  epoch: int<Epoch>(1, 0xffff_ffff),
  seq: int<Seq>(0, Number.MAX_SAFE_INTEGER),
  hash: bytes(32),
  wallMs: int(0, Number.MAX_SAFE_INTEGER),
});
export type Head = Decoded<typeof headCodec>;

type HeadPurpose = Extract<Purpose, 'pulsera/head' | 'pulsera/checkpoint'>;

/** The key id is the signer's box number (0: the cloud), two bytes. */
export function signHead(purpose: HeadPurpose, head: Head, sign: Sign): Uint8Array {
  const out = new CborWriter();
  headCodec.write(out, head);
  return sign1(purpose, out.done(), sign, uintBytes(purpose === 'pulsera/head' ? head.box : 0, 2));
}

/** @throws Fault `signature-invalid`, `cbor-malformed` */
export function openHead(purpose: HeadPurpose, message: Uint8Array, verify: Verify): Head {
  const input = new CborReader(open1(purpose, message, verify));
  const head = headCodec.read(input);
  input.end();
  return head;
}
