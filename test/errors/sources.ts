/** What the sources can throw, and what tests write: sentences of errors as patterns, and literals, by the syntax tree. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every TypeScript file below a folder of the repository. */
export function filesOf(folder: string): string[] {
  const names = readdirSync(root + folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /(?<!\.d)\.ts$/.test(name)).map((name) => `${folder}/${name}`);
}

function visitAll(file: string, see: (node: ts.Node, line: number) => void): void {
  const source = ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    see(node, source.getLineAndCharacterOfPosition(node.getStart()).line + 1);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The patterns of what a message may be: whatever is computed may be anything, a choice is each of its sides. */
function patterns(message: ts.Expression | undefined): string[] {
  if (message === undefined) return ['.*'];
  if (ts.isParenthesizedExpression(message)) return patterns(message.expression);
  if (ts.isStringLiteralLike(message)) return [escaped(message.text)];
  if (ts.isConditionalExpression(message))
    return [...patterns(message.whenTrue), ...patterns(message.whenFalse)];
  if (ts.isBinaryExpression(message) && message.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const rights = patterns(message.right);
    return patterns(message.left).flatMap((left) => rights.map((right) => left + right));
  }
  if (!ts.isTemplateExpression(message)) return ['.*'];
  const spans = message.templateSpans.map((span) => `.*${escaped(span.literal.text)}`);
  return [escaped(message.head.text) + spans.join('')];
}

/** The patterns of the sentences that an expression makes, where it makes an error. */
function sentences(node: ts.Node, file: string): string[] {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return [];
  const [first, name, , must] = node.arguments ?? [];
  const callee = node.expression.getText();
  if (ts.isNewExpression(node))
    return /^(kind|(Type|Range|Model)?Error)$/.test(callee) ? patterns(first) : [];
  if (/\bfail$/.test(callee)) return patterns(first);
  if (callee === 'super' && file.startsWith('ts/errors')) return patterns(first);
  if (callee !== 'wrongKind' && callee !== 'wrongValue') return [];
  return [`${patterns(first)[0]}: ${patterns(name)[0]} is .*, must be ${patterns(must)[0]}`];
}

/** The patterns of a file's sentences, and where they are. */
export function sentencesOf(file: string): { at: string; pattern: string }[] {
  const found: { at: string; pattern: string }[] = [];
  visitAll(file, (node, line) => {
    for (const pattern of sentences(node, file)) found.push({ at: `${file}:${line}`, pattern });
  });
  return found;
}

/** The texts that a file of tests has between quotes and slashes; what is put into a text is left out. */
export function literalsOf(file: string): string[] {
  const found: string[] = [];
  visitAll(file, (node) => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    else if (ts.isRegularExpressionLiteral(node))
      found.push(node.text.replace(/^\/\^?|\$?\/\w*$/g, '').replace(/\\(?=\W)/g, ''));
    else if (ts.isTemplateExpression(node))
      found.push(node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join(''));
  });
  return found;
}
