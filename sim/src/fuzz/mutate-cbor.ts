/** Changes to CBOR, item by item: a value, a length that lies, an item too many, a deeper nest. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { allNodes, type Node, readCbor, writeCbor } from './cbor-tree.ts';
import { EXTREMES, mutateBytes, pick } from './mutate-bytes.ts';

const MAX_NEST = 3000;

/** Undefined when `input` isn't CBOR. @param other another input, to borrow items from */
export function mutateCbor(
  input: Uint8Array,
  other: Uint8Array,
  words: readonly Uint8Array[],
  random: Random,
): Uint8Array | undefined {
  const items = readCbor(input);
  if (items === undefined || items.length === 0) return undefined;
  const donor = allNodes(readCbor(other) ?? items);
  const node = pick(allNodes(items), random);
  if (node === undefined) return undefined;
  if (random.chance(0.03)) return nested(items, node, random);
  change(node, items, donor, words, random);
  return writeCbor(items);
}

function change(
  node: Node,
  items: Node[],
  donor: readonly Node[],
  words: readonly Uint8Array[],
  random: Random,
): void {
  switch (random.below(9)) {
    case 0:
      node.argument = pick(EXTREMES, random) ?? 0;
      return;
    case 1:
      node.lie = pick(EXTREMES, random) ?? 0;
      return;
    case 2:
      node.width = pick([1, 2, 4, 8] as const, random) ?? 8;
      return;
    case 3:
      node.major = random.below(8);
      return;
    case 4:
      node.argument = Math.max(0, node.argument + random.below(5) - 2);
      return;
    case 5: {
      const list = pick(
        [items, ...allNodes(items).flatMap(({ children }) => children ?? [])].filter(Array.isArray),
        random,
      );
      const at = random.below((list?.length ?? 0) + 1);
      const donated = pick(donor, random);
      if (random.chance(0.5) && donated !== undefined) list?.splice(at, 0, structuredClone(donated));
      else list?.splice(at, 1);
      return;
    }
    case 6:
      replace(node, pick(donor, random) ?? node);
      return;
    case 7:
      if (node.children !== undefined) {
        const at = random.below(node.children.length + 1);
        const child = node.children[at] ?? pick(donor, random);
        if (random.chance(0.5) && child !== undefined) node.children.splice(at, 0, structuredClone(child));
        else node.children.splice(at, 1);
        return;
      }
      replace(node, { major: 7, argument: pick([20, 21, 22, 23, 31], random) ?? 22, width: 0 });
      return;
    default:
      if (node.bytes === undefined) node.argument = random.below(2 ** 31);
      else {
        const word = random.chance(0.5) ? pick(words, random) : undefined;
        node.bytes = word ?? mutateBytes(node.bytes, node.bytes, words, random);
        delete node.children;
      }
  }
}

function replace(node: Node, by: Node): void {
  const copy = structuredClone(by);
  delete node.lie;
  delete node.bytes;
  delete node.children;
  Object.assign(node, copy);
}

/** One item at the bottom of so many arrays, tags or maps: written as bytes, as a tree of that depth would not fit our own stack. */
function nested(items: readonly Node[], node: Node, random: Random): Uint8Array {
  const opening = pick([0x81, 0xc1, 0xa1], random) ?? 0x81;
  replace(node, { major: 3, argument: 0, width: 0, bytes: new Uint8Array(0) });
  const deep = new Uint8Array(1 + random.below(MAX_NEST)).fill(opening);
  const shallow = writeCbor(items);
  const at = random.below(shallow.length + 1);
  return Uint8Array.from([...shallow.subarray(0, at), ...deep, ...shallow.subarray(at)]);
}
