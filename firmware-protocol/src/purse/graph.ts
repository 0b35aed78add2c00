/**
 * Settling a chip's image graph: images are nodes, writes are edges, and the graph says which writes happened.
 *
 * A pending write is *posted* when it was read back, or when any tap found its image on the chip; *dropped* when another
 * posted write leaves from the image it started at, or when its box saw the slot overwritten; else still pending. Two
 * posted writes from one image are a *fork*: the chip was copied, or rolled back. A `before` that nobody wrote is a *gap* until
 * all journals are in, then a *forgery*. A dropped write whose image turns up later is *posted again*.
 *
 * Everything here is order-free: the same set of facts gives the same statuses, whatever the order of arrival.
 */
import type { TapRef } from '../ids.ts';

export type WriteStatus = 'pending' | 'posted' | 'dropped';

/** What is known of one chip write. Images are the hex of their 20 bytes. */
export interface Write {
  readonly ref: TapRef;
  /** The image it started from; null when the chip was blank. */
  readonly before: string | null;
  readonly after: string;
  /** What the box that wrote it, or the cloud at the close, said became of it; both, when it had to take one back. */
  readonly toldPosted: boolean;
  readonly toldDropped: boolean;
  /** The till gave up on it without a green screen. */
  readonly abandoned: boolean;
  readonly status: WriteStatus;
}

/** One chip's graph. `pruned`: older, posted writes were left out; see `prune`. */
export interface ChipGraph {
  /** Images with a known origin outside `writes`: what the wristband was issued with, and ends of what was pruned. */
  readonly roots: readonly string[];
  readonly writes: readonly Write[];
  readonly pruned: boolean;
}

export const EMPTY_GRAPH: ChipGraph = { roots: [], writes: [], pruned: false };

/** What journals say of a chip. */
export type Fact =
  | { readonly kind: 'issued'; readonly root: string }
  | { readonly kind: 'write'; readonly ref: TapRef; readonly before: string | null; readonly after: string }
  | { readonly kind: 'told'; readonly ref: TapRef; readonly outcome: 'posted' | 'dropped' | 'abandoned' };

export type GraphCase =
  | { readonly kind: 'fork'; readonly before: string; readonly refs: readonly TapRef[] }
  | { readonly kind: 'posted-again'; readonly ref: TapRef }
  | { readonly kind: 'forgery'; readonly ref: TapRef };

/** Where one write stands: what the books depend on (`bookedBy`). */
export type WriteState = Pick<Write, 'status' | 'abandoned'>;

export interface Change {
  readonly ref: TapRef;
  /** Null for a write that wasn't known before. */
  readonly from: WriteState | null;
  readonly to: WriteState;
}

export interface Settled {
  readonly graph: ChipGraph;
  /** New writes, and those whose state moved. */
  readonly changes: readonly Change[];
}

export const sameRef = (a: TapRef, b: TapRef) => a.seq === b.seq && a.box === b.box && a.epoch === b.epoch;
const byRef = (a: TapRef, b: TapRef) => a.box - b.box || a.epoch - b.epoch || a.seq - b.seq;
const refKey = ({ box, epoch, seq }: TapRef) => `${box}/${epoch}/${seq}`;

/** Takes in facts (each may come twice) and works out every status anew. A `told` about an unknown write is kept waiting by the caller. */
export function settle(graph: ChipGraph, facts: readonly Fact[]): Settled {
  const roots = new Set(graph.roots);
  const writes = new Map(graph.writes.map(write => [refKey(write.ref), write]));
  for (const fact of facts) {
    if (fact.kind === 'issued') roots.add(fact.root);
    if (fact.kind === 'write' && !writes.has(refKey(fact.ref))) writes.set(refKey(fact.ref), fresh(fact));
  }
  // After the writes: what is told of a write may stand before it in the list.
  for (const fact of facts) {
    const known = fact.kind === 'told' ? writes.get(refKey(fact.ref)) : undefined;
    if (fact.kind !== 'told' || !known) continue;
    const { outcome } = fact;
    writes.set(refKey(fact.ref), {
      ...known,
      toldPosted: known.toldPosted || outcome === 'posted',
      toldDropped: known.toldDropped || outcome === 'dropped',
      abandoned: known.abandoned || outcome === 'abandoned',
    });
  }
  const all = [...writes.values()];
  const status = statuses(all);
  const was = new Map(graph.writes.map(write => [refKey(write.ref), write]));
  const changes: Change[] = [];
  const settled = all.map(write => {
    const to = { ...write, status: status(write) };
    const from = was.get(refKey(write.ref));
    if (from?.status !== to.status || from.abandoned !== to.abandoned) {
      changes.push({ ref: write.ref, from: from ? stateOf(from) : null, to: stateOf(to) });
    }
    return to;
  });
  return { graph: { roots: [...roots], writes: settled, pruned: graph.pruned }, changes };
}

const stateOf = ({ status, abandoned }: Write): WriteState => ({ status, abandoned });

function fresh({ ref, before, after }: Extract<Fact, { kind: 'write' }>): Write {
  return { ref, before, after, toldPosted: false, toldDropped: false, abandoned: false, status: 'pending' };
}

function statuses(writes: readonly Write[]): (write: Write) => WriteStatus {
  const seen = new Set(writes.map(({ before }) => before));
  // Once posted in a pruned graph, always posted: its evidence may be what was left out.
  const isPosted = (write: Write) => write.toldPosted || write.status === 'posted' || seen.has(write.after);
  const left = new Set(writes.filter(isPosted).map(({ before }) => before));
  return write => {
    if (isPosted(write)) return 'posted';
    return write.toldDropped || left.has(write.before) ? 'dropped' : 'pending';
  };
}

/** @param complete all journals are in: what still has no origin now was forged. */
export function graphCases(graph: ChipGraph, complete: boolean): readonly GraphCase[] {
  const cases: GraphCase[] = [];
  const posted = graph.writes.filter(({ status }) => status === 'posted');
  for (const [before, from] of Map.groupBy(posted, write => write.before)) {
    if (from.length > 1) {
      cases.push({ kind: 'fork', before: before ?? '', refs: from.map(({ ref }) => ref).sort(byRef) });
    }
  }
  for (const { ref, toldDropped } of posted) if (toldDropped) cases.push({ kind: 'posted-again', ref });
  if (complete) for (const { ref } of gaps(graph)) cases.push({ kind: 'forgery', ref });
  return cases;
}

/** Writes that start from an image nobody is known to have written. */
export function gaps(graph: ChipGraph): readonly Write[] {
  const written = new Set([...graph.roots, ...graph.writes.map(({ after }) => after)]);
  return graph.writes.filter(({ before }) => before !== null && !written.has(before));
}

/** Where the chip stands by what is posted: images that nothing posted leaves from. More than one: a fork, or a gap. */
export function tips(graph: ChipGraph): readonly string[] {
  const posted = graph.writes.filter(({ status }) => status === 'posted');
  const left = new Set(posted.map(({ before }) => before));
  // A wristband made at a box has its first image from there and, once reported, from the cloud too.
  const images = new Set([...graph.roots, ...posted.map(({ after }) => after)]);
  return [...images].filter(image => !left.has(image));
}

/**
 * Leaves out what new facts are unlikely to touch, so that a chip's state stays small: dropped writes, and posted ones that
 * were built upon. `reachesBeyond` says when the whole graph has to be fetched after all. A graph with a gap or a fork stays
 * whole: in the middle of it, an image with its successor left out would look like one that nothing was built upon.
 */
export function prune(graph: ChipGraph): ChipGraph {
  const posted = graph.writes.filter(({ status }) => status === 'posted');
  const leaving = new Set(posted.map(({ before }) => before));
  if (leaving.size < posted.length || gaps(graph).length > 0) return graph;
  const isKept = ({ status, after }: Write) =>
    status === 'pending' || (status === 'posted' && !leaving.has(after));
  const kept = graph.writes.filter(isKept);
  if (kept.length === graph.writes.length) return graph;
  const needed = new Set(kept.map(({ before }) => before));
  const ends = graph.writes.filter(write => !isKept(write)).map(({ after }) => after);
  const roots = new Set(
    [...graph.roots, ...ends].filter(
      image => needed.has(image) || (graph.roots.includes(image) && !leaving.has(image)),
    ),
  );
  return { roots: [...roots], writes: kept, pruned: true };
}

/** True when the facts reach beyond what a pruned graph still holds, so that only the whole graph can settle them. */
export function reachesBeyond(graph: ChipGraph, facts: readonly Fact[]): boolean {
  if (!graph.pruned) return false;
  const images = new Set<string | null>([...graph.roots]);
  const refs = new Set<string>();
  for (const { ref, before, after } of graph.writes) {
    refs.add(refKey(ref));
    images.add(before).add(after);
  }
  // In order: a fact may rest on one that comes with it.
  return !facts.every(fact => {
    if (fact.kind === 'issued') return false;
    const known = refs.has(refKey(fact.ref));
    if (fact.kind === 'told') return known;
    if (known || !images.has(fact.before)) return known;
    refs.add(refKey(fact.ref));
    images.add(fact.after);
    return true;
  });
}
