/**
 * Every fault code that the sources can make, found in their syntax trees: `new Fault('code', …)`, and `code: 'code'` where a failure is
 * told as a value. A code that arrives as a variable can't be seen there, so each such place has to be in the table below, which says
 * where its codes stand.
 */
import ts from 'typescript';

export interface FaultSource {
  readonly path: string;
  readonly text: string;
}

export interface FaultCodes {
  readonly codes: ReadonlySet<string>;
  /** Places that make a fault of a variable and are not in the table. */
  readonly unseen: readonly string[];
}

/** `written`: the codes are the words with hyphens in that file. `passed`: a fault that another program made goes on under its own code. */
const BY_VARIABLE: Readonly<Record<string, 'written' | 'passed'>> = {
  'cloud-api/src/http/errors.ts': 'written',
  'cloud-api/src/database/constraint-fault.ts': 'written',
  'cloud-api/src/ingest/ingest.ts': 'written',
  'edge-node/src/sync/cloud-http.ts': 'passed',
  'provisioning/src/box-process.ts': 'passed',
  'provisioning/src/cloud.ts': 'passed',
  'sim/src/demo/organizer.ts': 'passed',
};

const CODE = /^[a-z0-9]+(?:-[a-z0-9]+)+$/;
/** Words of the same form that are something else. */
const NO_CODES: ReadonlySet<string> = new Set(['retry-after']);

export function faultCodes(sources: readonly FaultSource[]): FaultCodes {
  const codes = new Set<string>();
  const unseen: string[] = [];
  for (const { path, text } of sources) {
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    visit(tree, node => {
      const made = madeBy(node);
      if (made === undefined) return;
      const { words, isAll } = wordsOf(made);
      for (const word of words) codes.add(word);
      if (!isAll && !(path in BY_VARIABLE)) unseen.push(`${path}: ${made.getText()}`);
    });
    if (BY_VARIABLE[path] !== 'written') continue;
    visit(tree, node => {
      const word = ts.isStringLiteralLike(node) && !ts.isImportDeclaration(node.parent) ? node.text : '';
      if (CODE.test(word) && !NO_CODES.has(word)) codes.add(word);
    });
  }
  return { codes, unseen };
}

/** The expression that stands where a code does. */
function madeBy(node: ts.Node): ts.Expression | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Fault') return node.arguments?.[0];
  // A literal only: passing on somebody's `code` makes none.
  const isCode = ts.isPropertyAssignment(node) && node.name.getText() === 'code';
  // zod's own word for a problem that a schema found.
  const isOurs = isCode && ts.isStringLiteralLike(node.initializer) && node.initializer.text !== 'custom';
  return isOurs ? node.initializer : undefined;
}

/** The words an expression can come to; `isAll` when it can come to nothing else. */
function wordsOf(expression: ts.Expression): { readonly words: readonly string[]; readonly isAll: boolean } {
  if (ts.isStringLiteralLike(expression)) return { words: [expression.text], isAll: true };
  const branches = branchesOf(expression);
  if (branches.length === 0) return { words: [], isAll: false };
  const each = branches.map(wordsOf);
  return { words: each.flatMap(({ words }) => words), isAll: each.every(({ isAll }) => isAll) };
}

function branchesOf(expression: ts.Expression): readonly ts.Expression[] {
  if (ts.isConditionalExpression(expression)) return [expression.whenTrue, expression.whenFalse];
  const isDefault =
    ts.isBinaryExpression(expression) &&
    expression.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
  return isDefault ? [expression.left, expression.right] : [];
}

function visit(node: ts.Node, each: (node: ts.Node) => void): void {
  each(node);
  ts.forEachChild(node, child => visit(child, each));
}
