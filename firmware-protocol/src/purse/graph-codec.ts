/**
 * A chip's graph as the few bytes that its keeper stores: CBOR [roots, writes, pruned], a write being
 * [[box, epoch, seq], before or null, after, state]. Images are 20-byte strings. State is status (0 pending, 1 posted, 2 dropped)
 * plus 4 told posted, 8 told dropped, 16 abandoned.
 */
import { CborReader, CborWriter } from '../journal/cbor.ts';
import { bool, type Codec, hex, list, nullable, record } from '../journal/codec.ts';
import { tapRefCodec } from '../journal/effect.ts';
import type { ChipGraph, Write, WriteStatus } from './graph.ts';
import { SLOT_BYTES } from './image.ts';

const MAX_IMAGES = 0x2_0000;
const image = hex(SLOT_BYTES);
const before = nullable(image);
const STATUS: readonly WriteStatus[] = ['pending', 'posted', 'dropped'];
const TOLD_POSTED = 4;
const TOLD_DROPPED = 8;
const ABANDONED = 16;

const write: Codec<Write> = {
  write: (out, value) => {
    out.array(4);
    tapRefCodec.write(out, value.ref);
    before.write(out, value.before);
    image.write(out, value.after);
    out.int(
      STATUS.indexOf(value.status) +
        (value.toldPosted ? TOLD_POSTED : 0) +
        (value.toldDropped ? TOLD_DROPPED : 0) +
        (value.abandoned ? ABANDONED : 0),
    );
  },
  read: input => {
    input.array(4);
    const ref = tapRefCodec.read(input);
    const from = before.read(input);
    const after = image.read(input);
    const stateAt = input.offset;
    const state = input.int(0, 31);
    const status = STATUS[state % 4] ?? input.fail('an unknown status', stateAt);
    const has = (bit: number) => (state & bit) !== 0;
    return {
      ref,
      before: from,
      after,
      toldPosted: has(TOLD_POSTED),
      toldDropped: has(TOLD_DROPPED),
      abandoned: has(ABANDONED),
      status,
    };
  },
};

const graphCodec: Codec<ChipGraph> = record({
  roots: list(image, MAX_IMAGES),
  writes: list(write, MAX_IMAGES),
  pruned: bool,
});

export function encodeGraph(graph: ChipGraph): Uint8Array {
  const out = new CborWriter();
  writeGraph(out, graph);
  return out.done();
}

/** After what was written before: for many graphs in one piece. */
export function writeGraph(out: CborWriter, graph: ChipGraph): void {
  graphCodec.write(out, graph);
}

/** @throws Fault `cbor-malformed` with the offset */
export function decodeGraph(bytes: Uint8Array): ChipGraph {
  const input = new CborReader(bytes);
  const graph = graphCodec.read(input);
  input.end();
  return graph;
}
