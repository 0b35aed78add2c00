import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chip, Festival, ISSUED, type Step, type Tear } from '../../test/honest-chip.ts';
import type { BoxId, Epoch, Seq, TapRef } from '../ids.ts';
import {
  type ChipGraph,
  EMPTY_GRAPH,
  type Fact,
  type GraphCase,
  gaps,
  graphCases,
  prune,
  reachesBeyond,
  sameRef,
  settle,
  tips,
  type WriteStatus,
} from './graph.ts';

const BOXES = 4;
const tear = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Tear>('none') },
  { weight: 2, arbitrary: fc.constantFrom<Tear>('untouched', 'unreadable', 'written') },
);
const step: fc.Arbitrary<Step> = fc.record({
  box: fc.nat(BOXES - 1),
  tear,
  after: fc.constantFrom('retry' as const, 'rewrite' as const, 'leave' as const),
});
const steps = fc.array(step, { maxLength: 14 });
const draws = fc.infiniteStream(fc.nat(1_000));

const key = ({ box, epoch, seq }: TapRef) => `${box}/${epoch}/${seq}`;
const ref = (seq: number, box = 1): TapRef => ({ box: box as BoxId, epoch: 1 as Epoch, seq: seq as Seq });
const written = (seq: number, before: string | null, after: string, box = 1): Fact => ({
  kind: 'write',
  ref: ref(seq, box),
  before,
  after,
});
const told = (seq: number, outcome: 'posted' | 'dropped' | 'abandoned', box = 1): Fact => ({
  kind: 'told',
  ref: ref(seq, box),
  outcome,
});

const statuses = (graph: ChipGraph): Record<string, string> =>
  Object.fromEntries(
    graph.writes
      .map(write => [key(write.ref), `${write.status}${write.abandoned ? ', abandoned' : ''}`])
      .sort(),
  );
const caseText = (found: GraphCase) =>
  found.kind === 'fork'
    ? `fork ${found.before}: ${found.refs.map(key).join(' ')}`
    : `${found.kind} ${key(found.ref)}`;
const caseTexts = (graph: ChipGraph, complete = false) => graphCases(graph, complete).map(caseText).sort();

/** Facts in an order in which they may arrive: each journal in its own order, journals interleaved as drawn. */
function* arrivals(journals: readonly (readonly Fact[])[], draw: () => number): Generator<Fact> {
  const queues = journals.map(journal => [...journal]);
  for (;;) {
    const open = queues.filter(queue => queue.length > 0);
    const fact = open[draw() % Math.max(1, open.length)]?.shift();
    if (!fact) return;
    yield fact;
  }
}
const drawer = (stream: IterableIterator<number>) => () => stream.next().value ?? 0;

function honest(taps: readonly Step[]): { festival: Festival; chip: Chip } {
  const festival = new Festival(BOXES);
  const chip = new Chip();
  for (const tap of taps) festival.tap(chip, tap);
  return { festival, chip };
}

test('honest taps, torn anywhere, finished here or at another box, synced in any order: no case, and no wrong status', () => {
  fc.assert(
    fc.property(steps, draws, (taps, stream) => {
      const { festival, chip } = honest(taps);
      let graph: ChipGraph = EMPTY_GRAPH;
      for (const fact of arrivals([[ISSUED], ...festival.journals], drawer(stream))) {
        graph = settle(graph, [fact]).graph;
        expect(caseTexts(graph)).toEqual([]);
        for (const { after, status } of graph.writes) {
          if (status === 'posted') expect(festival.happened).toContain(after);
          if (status === 'dropped') expect(festival.happened).not.toContain(after);
        }
      }
      expect(caseTexts(graph, true)).toEqual([]);
      // All that can still be open is the very last write: the chip stands there, or just before.
      const [tip, ...others] = tips(graph);
      expect(others).toEqual([]);
      const open = graph.writes.filter(({ status }) => status === 'pending');
      for (const { before } of open) expect(before).toBe(tip);
      expect([tip, ...open.map(({ after }) => after)]).toContain(chip.current.id);
    }),
    { numRuns: 2_000 },
  );
});

test('every clone that spends beside its original opens a fork once both journals are in', () => {
  fc.assert(
    fc.property(steps, steps, steps, step, step, (before, original, clone, mine, theirs) => {
      const { festival, chip } = honest(before);
      const copy = new Chip(chip.copied());
      for (const tap of original) festival.tap(chip, tap);
      for (const tap of clone) festival.tap(copy, tap);
      // Each of them sees at least one green screen that is no look back at an older tap.
      for (const [wristband, tap] of [
        [chip, mine],
        [copy, theirs],
      ] as const) {
        const { counter } = wristband.current;
        while (wristband.current.counter < counter + 2) festival.tap(wristband, { ...tap, tear: 'none' });
      }
      const { graph } = settle(EMPTY_GRAPH, festival.facts());
      expect(caseTexts(graph).join()).toContain('fork');
      expect(tips(graph).length).toBeGreaterThan(1);
    }),
    { numRuns: 500 },
  );
});

test('every rollback that spends again opens a fork; one that spends nothing is nobody’s loss', () => {
  fc.assert(
    fc.property(steps, steps, step, step, (before, spent, last, again) => {
      const { festival, chip } = honest(before);
      const saved = chip.copied();
      for (const tap of spent) festival.tap(chip, tap);
      const { counter } = chip.current;
      while (chip.current.counter < counter + 2) festival.tap(chip, { ...last, tear: 'none' });
      chip.slots = saved;
      expect(caseTexts(settle(EMPTY_GRAPH, festival.facts()).graph, true)).toEqual([]);
      const from = chip.current.counter;
      while (chip.current.counter < from + 2) festival.tap(chip, { ...again, tear: 'none' });
      expect(caseTexts(settle(EMPTY_GRAPH, festival.facts()).graph).join()).toContain('fork');
    }),
    { numRuns: 500 },
  );
});

/** Anything at all: small pools, so that images and writes collide in every way. */
const wildImage = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const wild: fc.Arbitrary<Fact[]> = fc
  .record({
    roots: fc.subarray(['a', 'b']),
    writes: fc.array(fc.tuple(fc.option(wildImage), wildImage), { maxLength: 8 }),
    told: fc.array(
      fc.tuple(fc.nat(7), fc.constantFrom('posted' as const, 'dropped' as const, 'abandoned' as const)),
      {
        maxLength: 6,
      },
    ),
  })
  .map(({ roots, writes, told: say }) => [
    ...roots.map((root): Fact => ({ kind: 'issued', root })),
    ...writes.map(([from, to], i) => written(i + 1, from, to)),
    ...say.filter(([i]) => i < writes.length).map(([i, outcome]) => told(i + 1, outcome)),
  ]);

test('the same facts give the same statuses and cases in any order, twice, and in any portions', () => {
  fc.assert(
    fc.property(wild, draws, (facts, stream) => {
      const draw = drawer(stream);
      const whole = settle(EMPTY_GRAPH, facts).graph;
      const doubled = facts.flatMap(fact => (draw() % 3 === 0 ? [fact, fact] : [fact]));
      const shuffled = doubled.map(fact => [draw(), fact] as const).sort(([a], [b]) => a - b);
      const order = shuffled.map(([, fact]) => fact);
      const once = settle(EMPTY_GRAPH, order).graph;
      expect(statuses(once)).toEqual(statuses(whole));
      expect(caseTexts(once, true)).toEqual(caseTexts(whole, true));
      expect([...tips(once)].sort()).toEqual([...tips(whole)].sort());

      let graph: ChipGraph = EMPTY_GRAPH;
      for (let at = 0; at < order.length; ) {
        const size = 1 + (draw() % 3);
        graph = settle(graph, order.slice(at, at + size)).graph;
        at += size;
      }
      expect(graph).not.toHaveProperty('waiting');
      expect(statuses(graph)).toEqual(statuses(whole));
      expect(caseTexts(graph, true)).toEqual(caseTexts(whole, true));
    }),
    { numRuns: 2_000 },
  );
});

test('changes lead from nothing to every status, and name each write as it was', () => {
  fc.assert(
    fc.property(wild, facts => {
      const believed = new Map<string, { status: WriteStatus; abandoned: boolean }>();
      let graph: ChipGraph = EMPTY_GRAPH;
      for (const fact of facts) {
        const settled = settle(graph, [fact]);
        graph = settled.graph;
        for (const { ref: of, from, to } of settled.changes) {
          expect(from).toEqual(believed.get(key(of)) ?? null);
          expect(from).not.toEqual(to);
          // Posted is for ever: money once booked as spent does not come back by itself.
          if (from?.status === 'posted') expect(to.status).toBe('posted');
          believed.set(key(of), to);
        }
      }
      expect(
        graph.writes.map(({ ref: of, status, abandoned }) => [key(of), { status, abandoned }]).sort(),
      ).toEqual([...believed].sort());
    }),
    { numRuns: 500 },
  );
});

/** What a cloud does that keeps pruned graphs, and fetches everything when it is told to. */
class PruningCloud {
  readonly believed = new Map<string, string>();
  readonly cases = new Set<string>();
  graph: ChipGraph = EMPTY_GRAPH;
  fetches = 0;
  readonly #all: Fact[] = [];

  take(facts: readonly Fact[]): void {
    let from = this.graph;
    if (reachesBeyond(from, facts)) {
      this.fetches++;
      from = settle(EMPTY_GRAPH, this.#all).graph;
    }
    this.#all.push(...facts);
    const { graph, changes } = settle(from, facts);
    for (const { ref: of, to } of changes)
      this.believed.set(key(of), `${to.status}${to.abandoned ? ', abandoned' : ''}`);
    for (const found of graphCases(graph, false)) this.cases.add(caseText(found));
    this.graph = prune(graph);
  }
}

/** A guest and perhaps a thief: clones and rollbacks at any time. */
const life = fc.array(
  fc.record({
    step,
    what: fc.constantFrom('tap', 'tap', 'tap', 'tap', 'clone', 'other', 'save', 'rollback'),
  }),
  { maxLength: 20 },
);

function lived(moves: readonly { step: Step; what: string }[], isHonest: boolean): Festival {
  const festival = new Festival(BOXES);
  let chip = new Chip();
  let other = new Chip();
  let saved = chip.copied();
  for (const { step: tap, what } of moves) {
    if (what === 'tap' || isHonest) festival.tap(chip, tap);
    else if (what === 'clone') other = new Chip(chip.copied());
    else if (what === 'other') [chip, other] = [other, chip];
    else if (what === 'save') saved = chip.copied();
    else chip.slots = [...saved];
  }
  return festival;
}

test.each([true, false])(
  'a pruned graph, fetched whole when it must be, says what the whole one says (honest: %s)',
  isHonest => {
    fc.assert(
      fc.property(life, draws, (moves, stream) => {
        const draw = drawer(stream);
        const festival = lived(moves, isHonest);
        const order = [...arrivals([[ISSUED], ...festival.journals], draw)];
        const cloud = new PruningCloud();
        const cases = new Set<string>();
        for (let at = 0; at < order.length; ) {
          const size = 1 + (draw() % 4);
          cloud.take(order.slice(at, at + size));
          at += size;
          const whole = settle(EMPTY_GRAPH, order.slice(0, at)).graph;
          for (const text of caseTexts(whole)) cases.add(text);
          expect(Object.fromEntries([...cloud.believed].sort())).toEqual(statuses(whole));
          expect(cloud.cases).toEqual(cases);
          expect([...tips(cloud.graph)].sort()).toEqual([...tips(whole)].sort());
          const forged = (graph: ChipGraph) =>
            caseTexts(graph, true).filter(text => text.startsWith('forgery'));
          expect(forged(cloud.graph)).toEqual(forged(whole));
        }
      }),
      { numRuns: 1_500 },
    );
  },
);

test('an honest chip’s graph stays small, and is hardly ever fetched whole', () => {
  const festival = new Festival(1);
  const chip = new Chip();
  for (let i = 0; i < 200; i++)
    festival.tap(chip, { box: 0, tear: i % 7 === 0 ? 'unreadable' : 'none', after: 'retry' });
  const cloud = new PruningCloud();
  for (const fact of festival.facts()) {
    cloud.take([fact]);
    expect(cloud.graph.writes.length).toBeLessThanOrEqual(3);
    expect(cloud.graph.roots.length).toBeLessThanOrEqual(2);
  }
  // A dropped write's own settlement comes after the graph has let go of it.
  expect(cloud.fetches).toBeLessThanOrEqual(200 / 7 + 1);
});

test('a second fork further down a forked graph is not missed for having been pruned', () => {
  const cloud = new PruningCloud();
  const chain = [
    ISSUED,
    written(1, 'root', 'f1'),
    written(2, 'root', 'f2'),
    written(3, 'f1', 'x'),
    written(4, 'x', 'y'),
  ];
  for (const fact of [...chain, told(2, 'posted'), told(4, 'posted')]) cloud.take([fact]);
  cloud.take([written(5, 'f1', 'z'), told(5, 'posted')]);
  expect([...cloud.cases].sort()).toEqual(['fork f1: 1/1/3 1/1/5', 'fork root: 1/1/1 1/1/2']);
});

test('what proved a write posted may be pruned; the write stays posted', () => {
  const cloud = new PruningCloud();
  cloud.take([ISSUED, written(1, 'root', 'b'), written(2, 'b', 'c'), told(2, 'dropped')]);
  expect(cloud.graph.writes.map(write => key(write.ref))).toEqual(['1/1/1']);
  cloud.take([written(1, 'root', 'x', 2)]);
  expect(cloud.fetches).toBe(0);
  expect(Object.fromEntries(cloud.believed)).toEqual({
    '1/1/1': 'posted',
    '1/1/2': 'dropped',
    '2/1/1': 'dropped',
  });
});

test('what is told of a write that nobody has heard of waits for it, pruned or not, and is told once', () => {
  const early = settle(EMPTY_GRAPH, [told(3, 'dropped'), told(3, 'dropped')]);
  expect(early.changes).toEqual([]);
  expect(early.graph.waiting).toEqual([told(3, 'dropped')]);
  const { graph } = settle(early.graph, [
    { kind: 'issued', root: 'a' },
    written(1, 'a', 'b'),
    told(1, 'posted'),
    written(2, 'b', 'c'),
    told(2, 'posted'),
  ]);
  const pruned = prune(graph);
  expect(pruned).toMatchObject({ pruned: true, waiting: [told(3, 'dropped')] });
  const late = settle(pruned, [written(3, 'c', 'd')]);
  expect(late.changes).toEqual([{ ref: ref(3), from: null, to: { status: 'dropped', abandoned: false } }]);
  expect(late.graph).not.toHaveProperty('waiting');
});

test('an image nobody wrote is a gap until all journals are in, then a forgery', () => {
  const missing = [ISSUED, written(1, 'unknown', 'b'), told(1, 'posted')];
  const { graph } = settle(EMPTY_GRAPH, missing);
  expect(caseTexts(graph)).toEqual([]);
  expect(gaps(graph)).toHaveLength(1);
  expect(caseTexts(graph, true)).toEqual(['forgery 1/1/1']);
  const closed = settle(graph, [written(1, 'root', 'unknown', 2)]).graph;
  expect(caseTexts(closed, true)).toEqual([]);
  expect(statuses(closed)).toEqual({ '1/1/1': 'posted', '2/1/1': 'posted' });
});

test('a dropped write that turns up later is posted again, with a case', () => {
  const { graph } = settle(EMPTY_GRAPH, [ISSUED, written(1, 'root', 'b'), told(1, 'dropped')]);
  expect(statuses(graph)).toEqual({ '1/1/1': 'dropped' });
  const again = settle(graph, [written(1, 'b', 'c', 2)]);
  expect(statuses(again.graph)).toEqual({ '1/1/1': 'posted', '2/1/1': 'pending' });
  expect(caseTexts(again.graph)).toEqual(['posted-again 1/1/1']);
  expect(again.changes[0]).toMatchObject({ from: { status: 'dropped' }, to: { status: 'posted' } });
});

test('a pending write is no link: it is posted by being seen, dropped by being passed over', () => {
  const torn = settle(EMPTY_GRAPH, [ISSUED, written(1, 'root', 'b')]).graph;
  expect(statuses(torn)).toEqual({ '1/1/1': 'pending' });
  expect(tips(torn)).toEqual(['root']);
  const seen = settle(torn, [written(1, 'b', 'c', 2)]).graph;
  expect(statuses(seen)).toMatchObject({ '1/1/1': 'posted' });
  const pendingBeside = settle(torn, [written(1, 'root', 'c', 2)]).graph;
  expect(statuses(pendingBeside)).toEqual({ '1/1/1': 'pending', '2/1/1': 'pending' });
  const passedOver = settle(pendingBeside, [told(1, 'posted', 2)]).graph;
  expect(statuses(passedOver)).toEqual({ '1/1/1': 'dropped', '2/1/1': 'posted' });
});

test('a wristband made at a box and registered by the cloud stands in one place', () => {
  const made = settle(EMPTY_GRAPH, [ISSUED, written(1, null, 'root'), told(1, 'posted')]).graph;
  expect(tips(made)).toEqual(['root']);
  expect(caseTexts(made, true)).toEqual([]);
});

test('a fork names its taps in order of box, epoch and seq, whatever came first', () => {
  const facts = [
    ISSUED,
    written(9, 'root', 'b', 2),
    told(9, 'posted', 2),
    written(10, 'root', 'c'),
    told(10, 'posted'),
  ];
  const { graph } = settle(EMPTY_GRAPH, facts);
  expect(caseTexts(graph)).toEqual(['fork root: 1/1/10 2/1/9']);
});

test('two references are the same when box, epoch and seq are', () => {
  expect(sameRef(ref(1), ref(1))).toBe(true);
  for (const other of [ref(2), ref(1, 2), { ...ref(1), epoch: 2 as Epoch }])
    expect(sameRef(ref(1), other)).toBe(false);
});

test('a chip with a long history settles as one with a short one: forks, gaps and all', () => {
  const chain = Array.from({ length: 60 }, (_, i) => written(i + 1, i === 0 ? 'root' : `i${i}`, `i${i + 1}`));
  const facts: Fact[] = [{ kind: 'issued', root: 'root' }, ...chain, told(60, 'posted')];
  const long = settle(EMPTY_GRAPH, facts).graph;
  expect(new Set(long.writes.map(({ status }) => status))).toEqual(new Set(['posted']));
  expect(graphCases(long, true)).toEqual([]);
  expect(prune(long).writes.map(({ after }) => after)).toEqual(['i60']);
  expect(reachesBeyond(prune(long), [written(61, 'i60', 'i61')])).toBe(false);
  expect(reachesBeyond(prune(long), [written(61, 'i58', 'x')])).toBe(true);

  const forked = settle(long, [written(61, 'i30', 'x'), told(61, 'posted')]).graph;
  expect(caseTexts(forked)).toEqual(['fork i30: 1/1/31 1/1/61']);
  expect(prune(forked)).toBe(forked);
  expect(caseTexts(settle(long, [written(61, 'forged', 'x')]).graph, true)).toEqual(['forgery 1/1/61']);
});
