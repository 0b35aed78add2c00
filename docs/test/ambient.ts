/**
 * Rooms that a simulation runs as they are: time, timers and chance are handed to them, or no run could be played again from its
 * seed. `ambient` finds where one of them reaches for the real ones. Pure, so that the test can show it a bad source.
 */
import ts from 'typescript';

const ROOMS =
  /^(?:edge-node\/src\/(?:journal|tap|stand|plan|sync|device)|firmware-protocol\/src|cloud-api\/src\/(?:ingest|ledger|topups))\//;

/** Real sides of a port, which nothing simulated runs. */
const REAL_SIDES: readonly string[] = [
  // HTTPS to the cloud, behind `CloudLink`.
  'edge-node/src/sync/cloud-http.ts',
  // Readers on USB and a pcscd for tests, behind `Reader`.
  'edge-node/src/device/pcsc/',
  'edge-node/src/device/virtual/',
  // Boxes that wait on open connections, behind a route.
  'cloud-api/src/ingest/hints.ts',
];

const FORBIDDEN: ReadonlySet<string> = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'process.nextTick',
  'process.hrtime',
  'Date.now',
  'new Date()',
  'performance.now',
  'AbortSignal.timeout',
  'Math.random',
  'randomUUID',
  'crypto.randomUUID',
  'crypto.getRandomValues',
]);

export interface Text {
  readonly path: string;
  readonly text: string;
}

export const isSimulated = (path: string): boolean =>
  ROOMS.test(path) && !REAL_SIDES.some(side => path.startsWith(side));

/** One line per place. */
export function ambient({ path, text }: Text): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = nameOf(node);
    if (name !== undefined && FORBIDDEN.has(name)) found.push(`${path}: ${name}`);
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return found;
}

/** A type or a property of that name is nobody's clock. */
function nameOf(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && !node.arguments?.length) return `new ${node.expression.getText()}()`;
  if (ts.isPropertyAccessExpression(node)) return node.getText().replace(/^globalThis\./, '');
  if (!ts.isIdentifier(node)) return undefined;
  const { parent } = node;
  const isMember =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    ts.isTypeElement(parent) ||
    ts.isClassElement(parent);
  return isMember ? undefined : node.text;
}
