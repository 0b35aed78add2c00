/**
 * A chip's graph as the few bytes that its keeper stores: CBOR [roots, writes, pruned], a write being
 * [[box, epoch, seq], before or null, after, state]. Where something waits for its write there is a fourth, [[ref, outcome], …],
 * outcome being 0 posted, 1 dropped, 2 abandoned. Images are 20-byte strings. State is status (0 pending, 1 posted, 2 dropped)
 * plus 4 told posted, 8 told dropped, 16 abandoned.
 */
import { CborReader, CborWriter } from '../journal/cbor.ts';
import { bool, type Codec, hex, list, nullable, word } from '../journal/codec.ts';
import { tapRefCodec } from '../journal/effect.ts';
import type { ChipGraph, Told, Write, WriteStatus } from './graph.ts';
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

const outcome = word('posted', 'dropped', 'abandoned');
const told: Codec<Told> = {
  write: (out, value) => {
    out.array(2);
    tapRefCodec.write(out, value.ref);
    outcome.write(out, value.outcome);
  },
  read: input => {
    input.array(2);
    return { kind: 'told', ref: tapRefCodec.read(input), outcome: outcome.read(input) };
  },
};

const roots = list(image, MAX_IMAGES);
const writes = list(write, MAX_IMAGES);
const waiting = list(told, MAX_IMAGES);

const graphCodec: Codec<ChipGraph> = {
  write: (out, graph) => {
    out.array(graph.waiting ? 4 : 3);
    roots.write(out, graph.roots);
    writes.write(out, graph.writes);
    bool.write(out, graph.pruned);
    if (graph.waiting) waiting.write(out, graph.waiting);
  },
  read: input => {
    const fields = input.array(3, 4);
    const graph = { roots: roots.read(input), writes: writes.read(input), pruned: bool.read(input) };
    if (fields === 3) return graph;
    const at = input.offset;
    const all = waiting.read(input);
    return all.length > 0
      ? { ...graph, waiting: all }
      : input.fail('an empty list that should be left out', at);
  },
};

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
