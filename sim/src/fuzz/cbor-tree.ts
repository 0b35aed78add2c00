/**
 * CBOR as a tree that can be changed and written again, valid or not (RFC 8949, section 3). A byte string that is CBOR itself is opened
 * too: a batch holds entries, a signed message its payload, and lengths around a changed part stay right unless they are made to lie.
 */
export interface Node {
  major: number;
  /** Value, or length, as its head says. */
  argument: number;
  /** Written in so many bytes, though fewer would do: 0 for the shortest. */
  width: 0 | 1 | 2 | 4 | 8;
  /** What the head says in place of the true length. */
  lie?: number;
  /** Of a string. */
  bytes?: Uint8Array;
  /** Of an array, map or tag, and of a byte string that holds CBOR. */
  children?: Node[];
}

const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const MAX_DEPTH = 64;

/** All items of a sequence; undefined when the bytes are none. */
export function readCbor(bytes: Uint8Array, depth = 0): Node[] | undefined {
  const nodes: Node[] = [];
  let at = 0;
  while (at < bytes.length) {
    const read = readNode(bytes, at, depth);
    if (read === undefined) return undefined;
    nodes.push(read.node);
    at = read.end;
  }
  return nodes;
}

function readNode(bytes: Uint8Array, at: number, depth: number): { node: Node; end: number } | undefined {
  const head = readHead(bytes, at);
  if (head === undefined || depth > MAX_DEPTH) return undefined;
  const { major, argument } = head;
  const node: Node = { major, argument, width: 0 };
  let end = head.end;
  if (major === BYTES || major === TEXT) {
    if (end + argument > bytes.length) return undefined;
    node.bytes = bytes.slice(end, end + argument);
    const inner = major === BYTES && argument > 8 ? readCbor(node.bytes, depth + 1) : undefined;
    // One item with parts: anything else is most likely a hash that only looks like CBOR.
    if (inner?.length === 1 && (inner[0]?.children?.length ?? 0) > 1) node.children = inner;
    return { node, end: end + argument };
  }
  const count = major === ARRAY ? argument : major === MAP ? 2 * argument : major === TAG ? 1 : 0;
  if (count === 0 && major !== ARRAY && major !== MAP) return { node, end };
  if (count > bytes.length - end) return undefined;
  node.children = [];
  for (let i = 0; i < count; i++) {
    const child = readNode(bytes, end, depth + 1);
    if (child === undefined) return undefined;
    node.children.push(child.node);
    end = child.end;
  }
  return { node, end };
}

function readHead(bytes: Uint8Array, at: number) {
  const initial = bytes[at];
  if (initial === undefined) return undefined;
  const [major, info] = [initial >> 5, initial & 31];
  if (info < 24) return { major, argument: info, end: at + 1 };
  const length = [1, 2, 4, 8][info - 24];
  if (length === undefined || at + 1 + length > bytes.length) return undefined;
  let argument = 0;
  for (let i = 1; i <= length; i++) argument = argument * 256 + (bytes[at + i] ?? 0);
  return { major, argument, end: at + 1 + length };
}

export function writeCbor(nodes: readonly Node[]): Uint8Array {
  const out: number[] = [];
  for (const node of nodes) writeNode(node, out);
  return Uint8Array.from(out);
}

function writeNode(node: Node, out: number[]): void {
  const { major, children } = node;
  if (major === BYTES || major === TEXT) {
    const bytes = children === undefined ? (node.bytes ?? new Uint8Array(0)) : writeCbor(children);
    writeHead(major, node.lie ?? bytes.length, node.width, out);
    for (const byte of bytes) out.push(byte);
    return;
  }
  const length =
    major === ARRAY ? children?.length : major === MAP ? (children?.length ?? 0) >> 1 : undefined;
  writeHead(major, node.lie ?? length ?? node.argument, node.width, out);
  for (const child of children ?? []) writeNode(child, out);
}

function writeHead(major: number, argument: number, width: Node['width'], out: number[]): void {
  const least = argument < 24 ? 0 : argument < 256 ? 1 : argument < 65_536 ? 2 : argument < 2 ** 32 ? 4 : 8;
  const bytes = Math.max(least, width);
  if (bytes === 0) {
    out.push((major << 5) | argument);
    return;
  }
  out.push((major << 5) | (24 + Math.log2(bytes)));
  let value = BigInt(Math.trunc(argument));
  const digits: number[] = [];
  for (let i = 0; i < bytes; i++, value >>= 8n) digits.unshift(Number(value & 255n));
  out.push(...digits);
}

/** Every node, outer before inner. */
export function allNodes(nodes: readonly Node[]): Node[] {
  return nodes.flatMap(node => [node, ...allNodes(node.children ?? [])]);
}
