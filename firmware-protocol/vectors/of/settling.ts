/** Histories of a chip: what journals say, and what must follow. */
import type { BoxId, Epoch, Seq, TapRef } from '../../src/ids.ts';
import { EMPTY_GRAPH, type Fact, graphCases, settle, tips } from '../../src/purse/graph.ts';

const at = (box: number, seq: number): TapRef => ({ box: box as BoxId, epoch: 1 as Epoch, seq: seq as Seq });
const wrote = (box: number, seq: number, before: string | null, after: string): Fact => ({
  kind: 'write',
  ref: at(box, seq),
  before,
  after,
});
const told = (box: number, seq: number, outcome: 'posted' | 'dropped' | 'abandoned'): Fact => ({
  kind: 'told',
  ref: at(box, seq),
  outcome,
});
const issued: Fact = { kind: 'issued', root: 'root' };

const HISTORIES: readonly [name: string, facts: readonly Fact[]][] = [
  [
    'two taps at one box',
    [issued, wrote(1, 1, 'root', 'a'), told(1, 1, 'posted'), wrote(1, 2, 'a', 'b'), told(1, 2, 'posted')],
  ],
  ['torn, and nobody knows yet', [issued, wrote(1, 1, 'root', 'a')]],
  [
    'torn, and found at another box',
    [issued, wrote(1, 1, 'root', 'a'), told(1, 1, 'abandoned'), wrote(2, 1, 'a', 'b'), told(2, 1, 'posted')],
  ],
  [
    'torn, and passed over at another box',
    [
      issued,
      wrote(1, 1, 'root', 'a'),
      told(1, 1, 'abandoned'),
      wrote(2, 1, 'root', 'b'),
      told(2, 1, 'posted'),
    ],
  ],
  [
    'torn twice from one image, the second stands',
    [issued, wrote(1, 1, 'root', 'a'), wrote(2, 1, 'root', 'b'), wrote(3, 1, 'b', 'c')],
  ],
  ['torn twice from one image, nobody knows', [issued, wrote(1, 1, 'root', 'a'), wrote(2, 1, 'root', 'b')]],
  [
    'overwritten, as its box saw',
    [issued, wrote(1, 1, 'root', 'a'), wrote(1, 2, 'root', 'b'), told(1, 2, 'posted'), told(1, 1, 'dropped')],
  ],
  [
    'cloned, both spent',
    [issued, wrote(1, 1, 'root', 'a'), told(1, 1, 'posted'), wrote(2, 1, 'root', 'b'), told(2, 1, 'posted')],
  ],
  [
    'cloned, one seen only by its successor',
    [issued, wrote(1, 1, 'root', 'a'), told(1, 1, 'posted'), wrote(2, 1, 'root', 'b'), wrote(2, 2, 'b', 'c')],
  ],
  [
    'rolled back three taps',
    [
      issued,
      wrote(1, 1, 'root', 'a'),
      wrote(1, 2, 'a', 'b'),
      wrote(1, 3, 'b', 'c'),
      told(1, 3, 'posted'),
      wrote(1, 4, 'root', 'd'),
      told(1, 4, 'posted'),
    ],
  ],
  ['a journal is missing, or it was forged', [issued, wrote(1, 1, 'x', 'a'), told(1, 1, 'posted')]],
  [
    'the missing journal comes in',
    [issued, wrote(1, 1, 'x', 'a'), told(1, 1, 'posted'), wrote(2, 1, 'root', 'x')],
  ],
  [
    'dropped, and found on the chip',
    [issued, wrote(1, 1, 'root', 'a'), told(1, 1, 'dropped'), wrote(2, 1, 'a', 'b'), told(2, 1, 'posted')],
  ],
  [
    'made at a box',
    [wrote(1, 1, null, 'root'), told(1, 1, 'posted'), wrote(1, 2, 'root', 'a'), told(1, 2, 'posted')],
  ],
  ['told before it is known', [told(1, 1, 'posted'), issued, wrote(1, 1, 'root', 'a')]],
];

export function settling() {
  return {
    description:
      'Settling a chip. facts are what journals say of it, images named by words; in any order and repeated, they must lead to these statuses, tips (images nothing posted leaves from) and cases. casesOnceComplete: when no journal is missing any more.',
    histories: HISTORIES.map(([name, facts]) => {
      const { graph } = settle(EMPTY_GRAPH, facts);
      return {
        name,
        facts,
        statuses: graph.writes.map(({ ref, status, abandoned }) => ({ ref, status, abandoned })),
        tips: [...tips(graph)].sort(),
        cases: graphCases(graph, false),
        casesOnceComplete: graphCases(graph, true),
      };
    }),
  };
}
