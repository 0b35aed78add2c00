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
  /** Told of writes that nobody has heard of yet, each once; absent when there is none, as almost always. */
  readonly waiting?: readonly Told[];
}

export const EMPTY_GRAPH: ChipGraph = { roots: [], writes: [], pruned: false };

/** What a box, or the cloud at the close, says became of a write. */
export interface Told {
  readonly kind: 'told';
  readonly ref: TapRef;
  readonly outcome: 'posted' | 'dropped' | 'abandoned';
}

/** What journals say of a chip. */
export type Fact =
  | { readonly kind: 'issued'; readonly root: string }
  | { readonly kind: 'write'; readonly ref: TapRef; readonly before: string | null; readonly after: string }
  | Told;

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

/** Takes in facts (each may come twice) and works out every status anew. What is told of an unknown write waits in the graph for it. */
export function settle(graph: ChipGraph, facts: readonly Fact[]): Settled {
  const roots = [...graph.roots];
  const writes = [...graph.writes];
  const find = finder(writes, writes.length + facts.length);
  for (const fact of facts) {
    if (fact.kind === 'issued' && !roots.includes(fact.root)) roots.push(fact.root);
    if (fact.kind === 'write' && find(fact.ref) < 0) writes.push(fresh(fact));
  }
  // After the writes: what is told of a write may stand before it in the list.
  const waiting: Told[] = [];
  const tell = (fact: Fact) => {
    if (fact.kind !== 'told') return;
    const place = find(fact.ref);
    const known = writes[place];
    if (known) writes[place] = told(known, fact.outcome);
    else if (!waiting.some(of => of.outcome === fact.outcome && sameRef(of.ref, fact.ref)))
      waiting.push(fact);
  };
  graph.waiting?.forEach(tell);
  facts.forEach(tell);
  const status = statuses(writes);
  const changes: Change[] = [];
  const settled = writes.map((write, i) => {
    const now = status(write);
    const to = write.status === now ? write : { ...write, status: now };
    const from = graph.writes[i];
    if (from?.status !== to.status || from.abandoned !== to.abandoned) {
      changes.push({ ref: write.ref, from: from ? stateOf(from) : null, to: stateOf(to) });
    }
    return to;
  });
  return { graph: { roots, writes: settled, pruned: graph.pruned, ...ifAny(waiting) }, changes };
}

const ifAny = (waiting: readonly Told[] = []) => (waiting.length > 0 ? { waiting } : {});

function told(write: Write, outcome: 'posted' | 'dropped' | 'abandoned'): Write {
  return {
    ...write,
    toldPosted: write.toldPosted || outcome === 'posted',
    toldDropped: write.toldDropped || outcome === 'dropped',
    abandoned: write.abandoned || outcome === 'abandoned',
  };
}

/** Almost every graph is a handful of writes: scanning them takes a fraction of the time that filling a map or a set does. */
const FEW = 16;

/** Finds writes by their ref, also those that are appended later. @param upTo how many there can be */
function finder(writes: readonly Write[], upTo: number): (ref: TapRef) => number {
  if (upTo <= FEW) return ref => writes.findIndex(write => sameRef(write.ref, ref));
  const places = new Map<string, number>();
  return ref => {
    for (let i = places.size; i < writes.length; i++) places.set(refKey(writes[i]?.ref ?? ref), i);
    return places.get(refKey(ref)) ?? -1;
  };
}

type Image = string | null;

/** Whether one of these writes started from an image. */
function starts(writes: readonly Write[]): (image: Image) => boolean {
  if (writes.length <= FEW) return image => writes.some(({ before }) => before === image);
  const images = new Set(writes.map(beforeOf));
  return image => images.has(image);
}

/** Whether an image has a known origin: a root, or a write. */
function origins({ roots, writes }: ChipGraph): (image: string) => boolean {
  if (roots.length + writes.length <= FEW) {
    return image => roots.includes(image) || writes.some(({ after }) => after === image);
  }
  const images = new Set([...roots, ...writes.map(afterOf)]);
  return image => images.has(image);
}

interface Bag {
  has(image: Image): boolean;
  add(image: Image): unknown;
}

/** @param upTo about how many it will hold */
function bag(images: Image[], upTo: number): Bag {
  if (upTo > FEW) return new Set(images);
  return { has: image => images.includes(image), add: image => images.push(image) };
}

/** Whether two of these writes started from one image. */
function isForked(writes: readonly Write[]): boolean {
  if (writes.length > FEW) return new Set(writes.map(beforeOf)).size < writes.length;
  return writes.some(({ before }, i) => writes.findIndex(other => other.before === before) < i);
}

const beforeOf = ({ before }: Write) => before;
const afterOf = ({ after }: Write) => after;
const isPosted = ({ status }: Write) => status === 'posted';

/** `filter`, but without an array of room for many where it's all or none: that is nearly always, and for each chip of each batch. */
function only(writes: readonly Write[], is: (write: Write) => boolean): readonly Write[] {
  if (writes.every(is)) return writes;
  return writes.some(is) ? writes.filter(is) : NONE;
}
const NONE: readonly Write[] = [];

const stateOf = ({ status, abandoned }: Write): WriteState => ({ status, abandoned });

function fresh({ ref, before, after }: Extract<Fact, { kind: 'write' }>): Write {
  return { ref, before, after, toldPosted: false, toldDropped: false, abandoned: false, status: 'pending' };
}

function statuses(writes: readonly Write[]): (write: Write) => WriteStatus {
  const wasSeen = starts(writes);
  // Once posted in a pruned graph, always posted: its evidence may be what was left out.
  const happened = (write: Write) => write.toldPosted || isPosted(write) || wasSeen(write.after);
  const wasLeft = starts(only(writes, happened));
  return write => {
    if (happened(write)) return 'posted';
    return write.toldDropped || wasLeft(write.before) ? 'dropped' : 'pending';
  };
}

/** @param complete all journals are in: what still has no origin now was forged. */
export function graphCases(graph: ChipGraph, complete: boolean): readonly GraphCase[] {
  const cases: GraphCase[] = [];
  const posted = only(graph.writes, isPosted);
  if (isForked(posted)) cases.push(...forks(posted));
  for (const { ref, toldDropped } of posted) if (toldDropped) cases.push({ kind: 'posted-again', ref });
  if (complete) for (const { ref } of gaps(graph)) cases.push({ kind: 'forgery', ref });
  return cases;
}

function forks(posted: readonly Write[]): GraphCase[] {
  const leaving = [...Map.groupBy(posted, beforeOf)].filter(([, from]) => from.length > 1);
  return leaving.map(([before, from]) => {
    return { kind: 'fork', before: before ?? '', refs: from.map(({ ref }) => ref).sort(byRef) };
  });
}

/** Writes that start from an image nobody is known to have written. */
export function gaps(graph: ChipGraph): readonly Write[] {
  const wasMade = origins(graph);
  return only(graph.writes, ({ before }) => before !== null && !wasMade(before));
}

/** Where the chip stands by what is posted: images that nothing posted leaves from. More than one: a fork, or a gap. */
export function tips(graph: ChipGraph): readonly string[] {
  const posted = graph.writes.filter(isPosted);
  const left = new Set(posted.map(beforeOf));
  // A wristband made at a box has its first image from there and, once reported, from the cloud too.
  const images = new Set([...graph.roots, ...posted.map(afterOf)]);
  return [...images].filter(image => !left.has(image));
}

/**
 * Leaves out what new facts are unlikely to touch, so that a chip's state stays small: dropped writes, and posted ones that
 * were built upon. `reachesBeyond` says when the whole graph has to be fetched after all. A graph with a gap or a fork stays
 * whole: in the middle of it, an image with its successor left out would look like one that nothing was built upon.
 */
export function prune(graph: ChipGraph): ChipGraph {
  const posted = only(graph.writes, isPosted);
  if (isForked(posted) || gaps(graph).length > 0) return graph;
  const wasLeft = starts(posted);
  const isKept = ({ status, after }: Write) =>
    status === 'pending' || (status === 'posted' && !wasLeft(after));
  const kept = graph.writes.filter(isKept);
  if (kept.length === graph.writes.length) return graph;
  const isNeeded = starts(kept);
  const roots = graph.roots.filter(image => isNeeded(image) || !wasLeft(image));
  const ends = graph.writes.filter(write => isNeeded(write.after) && !isKept(write)).map(afterOf);
  return { roots: union(roots, ends), writes: kept, pruned: true, ...ifAny(graph.waiting) };
}

function union(some: readonly string[], more: readonly string[]): readonly string[] {
  const all = [...some, ...more];
  const isSet = all.length <= FEW && all.every((image, i) => all.indexOf(image) === i);
  return isSet ? all : [...new Set(all)];
}

/** True when the facts reach beyond what a pruned graph still holds, so that only the whole graph can settle them. */
export function reachesBeyond(graph: ChipGraph, facts: readonly Fact[]): boolean {
  if (!graph.pruned) return false;
  const upTo = graph.writes.length + facts.length;
  const images = bag([...graph.roots, ...graph.writes.map(beforeOf), ...graph.writes.map(afterOf)], 2 * upTo);
  const writes = [...graph.writes];
  const find = finder(writes, upTo);
  // In order: a fact may rest on one that comes with it.
  return !facts.every(fact => {
    if (fact.kind === 'issued') return false;
    const isKnown = find(fact.ref) >= 0;
    if (fact.kind === 'told' || isKnown || !images.has(fact.before)) return isKnown;
    writes.push(fresh(fact));
    images.add(fact.after);
    return true;
  });
}
