import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { beforeInit, cases, faults, firstArguments, starts } from './cases.ts';
import * as striate from 'striate';

const root = fileURLToPath(new URL('../../ts/', import.meta.url));
/** The ONNX reader's sentences have their own tests. */
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith('onnx'),
);

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A message as a pattern: whatever is computed may be anything. */
function pattern(message: ts.Expression | undefined): string {
  if (message === undefined) return '.*';
  if (ts.isStringLiteralLike(message)) return escaped(message.text);
  if (!ts.isTemplateExpression(message)) return '.*';
  return escaped(message.head.text) + message.templateSpans.map((span) => `.*${escaped(span.literal.text)}`).join('');
}

/** Every `new ...Error(message)` of a file, and its line. */
function sentencesOf(file: string): { at: string; pattern: string }[] {
  const source = ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { at: string; pattern: string }[] = [];
  const visit = (node: ts.Node): void => {
    const isNew = ts.isNewExpression(node) && /^(kind|(Type|Range)?Error)$/.test(node.expression.getText());
    const isSuper = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword && file === 'errors.ts';
    if (isNew || isSuper) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ at: `ts/${file}:${line + 1}`, pattern: pattern((node as ts.NewExpression | ts.CallExpression).arguments?.[0]) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('every sentence that the sources can throw is in the tables of this folder', () => {
  const said = [...cases, ...beforeInit, ...starts, ...faults].map(([, , , sentence]) =>
    typeof sentence === 'string' ? sentence : sentence.source.replace(/^\^|\\(?=[.()])/g, ''),
  );
  const sites = files.flatMap(sentencesOf);
  expect(sites.length).toBeGreaterThan(80);
  const missing = sites.filter((site) => !said.some((sentence) => new RegExp(site.pattern).test(sentence)));
  expect(missing).toEqual([]);
});

test('every operator is called with what is no tensor', () => {
  const operators = Object.entries(striate).filter(([, value]) => typeof value === 'function' && 'entry' in value);
  // concat takes a list, and has cases of its own.
  expect(operators.map(([name]) => name).filter((name) => name !== 'concat').sort()).toEqual([...firstArguments].sort());
});
