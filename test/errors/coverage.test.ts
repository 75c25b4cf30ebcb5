import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { wrongCalls } from '../support/families.ts';
import { beforeInit, cases, faults, starts } from './cases.ts';
import { noTensors } from './noTensors.ts';

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
  return (
    escaped(message.head.text) +
    message.templateSpans.map((span) => `.*${escaped(span.literal.text)}`).join('')
  );
}

/** The pattern of the sentence that an expression makes, where it makes an error. */
function sentence(node: ts.Node, file: string): string | null {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return null;
  const [first, name, , must] = node.arguments ?? [];
  const callee = node.expression.getText();
  if (ts.isNewExpression(node)) return /^(kind|(Type|Range)?Error)$/.test(callee) ? pattern(first) : null;
  if (callee === 'super' && file === 'errors.ts') return pattern(first);
  if (callee !== 'wrongKind' && callee !== 'wrongValue') return null;
  return `${pattern(first)}: ${pattern(name)} is .*, must be ${pattern(must)}`;
}

/** The patterns of a file's sentences, and where they are. */
function sentencesOf(file: string): { at: string; pattern: string }[] {
  const source = ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { at: string; pattern: string }[] = [];
  const visit = (node: ts.Node): void => {
    const made = sentence(node, file);
    if (made !== null) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ at: `ts/${file}:${line + 1}`, pattern: made });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('every sentence that the sources can throw is in the tables of this folder', () => {
  const said = [...noTensors, ...wrongCalls, ...cases, ...beforeInit, ...starts, ...faults].map(
    ([, , , sentence]) =>
      typeof sentence === 'string' ? sentence : sentence.source.replace(/^\^|\\(?=[.()])/g, ''),
  );
  // What a pool of threads says has tests of its own.
  said.push(...readFileSync(new URL('../threads/pool.test.ts', import.meta.url), 'utf8').split('\n'));
  const sites = files.flatMap(sentencesOf);
  expect(sites.length).toBeGreaterThan(80);
  const missing = sites.filter((site) => !said.some((sentence) => new RegExp(site.pattern).test(sentence)));
  expect(missing).toEqual([]);
});
