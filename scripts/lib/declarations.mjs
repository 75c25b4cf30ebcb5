// What is left to do on bundled declarations (rollup.config.mjs), and what they say: the API report, and what has no docstring.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { distName, ENTRIES } from './entries.mjs';

const parsed = (file, text) => ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);

/** The classes whose constructor was internal: functions make their instances. */
function madeByFunctions(source) {
  return source.statements.filter(
    (node) =>
      ts.isClassDeclaration(node) &&
      node.heritageClauses === undefined &&
      !node.modifiers.some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword) &&
      !node.members.some(ts.isConstructorDeclaration),
  );
}

/** A plugin of rollup: files' opening comments go, which would be their first declarations' docs; what is not for `new` says so. */
export const tidyDeclarations = {
  name: 'tidy-declarations',
  renderChunk(code) {
    let text = code.replaceAll(/^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=\n|\/\*\*)/gm, '');
    for (const { members } of madeByFunctions(parsed('chunk.d.ts', text)).reverse()) {
      text = `${text.slice(0, members.pos)}\n    private constructor();${text.slice(members.pos)}`;
    }
    return { code: text, map: null };
  },
};

const entries = Object.keys(ENTRIES).map((entry) => [entry, `${distName(entry)}.d.ts`]);

/** The declarations of a folder as dist/ has them: name, node, whether it is exported by which entry. */
function declarationsIn(folder) {
  const files = fs
    .readdirSync(folder, { recursive: true })
    .filter((file) => entries.some(([, entry]) => entry === file) || /^shared[/\\].*\.d\.ts$/.test(file))
    .sort();
  const own = files.flatMap((file) => {
    const source = parsed(file, fs.readFileSync(path.join(folder, file), 'utf8'));
    return source.statements.flatMap((node) => {
      const named = ts.isVariableStatement(node) ? node.declarationList.declarations[0] : node;
      return named.name === undefined ? [] : [{ name: named.name.text, node, source }];
    });
  });
  const exportedBy = (entry) => {
    const source = parsed(entry, fs.readFileSync(path.join(folder, entry), 'utf8'));
    const lists = source.statements.filter(ts.isExportDeclaration);
    return new Set(lists.flatMap(({ exportClause }) => exportClause.elements.map(({ name }) => name.text)));
  };
  return { own, exported: entries.map(([entry, file]) => [entry, exportedBy(file)]) };
}

/** The text of docs/api.md: each name with its declaration, without comments. */
export function apiReport(folder) {
  const { own, exported } = declarationsIn(folder);
  const printer = ts.createPrinter({ removeComments: true });
  const listed = (names) =>
    own
      .filter(({ name }) => names(name))
      .map(({ name, node, source }) => [name, printer.printNode(ts.EmitHint.Unspecified, node, source)])
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, text]) =>
        text
          .replace(/^declare /, '')
          .replaceAll(/^ +(#private|private constructor\(\));\n/gm, '')
          .replaceAll(/^ +/gm, (indent) => ' '.repeat(indent.length / 2)),
      );
  const block = (title, names) => `## ${title}\n\n\`\`\`ts\n${listed(names).join('\n')}\n\`\`\`\n`;
  return `# Public names

Made by \`npm run generate\` from the declarations that are packed; a test fails when it is out of date. What a name means is said by
its docstring, in your editor.

${exported.map(([entry, names]) => block(entry, (name) => names.has(name))).join('\n')}
${block('Named by these, and not exported', (name) => !exported.some(([, names]) => names.has(name)))}`;
}

const without = (text) =>
  text
    .replace(/^(export )?declare /, '')
    .replaceAll(/^ +(#private|private constructor\(\));\n/gm, '')
    .replaceAll(/^ +(?! \*)/gm, (indent) => ' '.repeat(indent.length / 2));

/** A docstring as Markdown: what it says, its parameters, what is given and thrown, its example. */
function docsOf(node) {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  if (doc === undefined) return '';
  const said = (one) => ts.getTextOfJSDocComment(one.comment)?.trim() ?? '';
  const tags = (name) => (doc.tags ?? []).filter(({ tagName }) => tagName.text === name);
  const rows = [
    ...tags('param').map((tag) => `- \`${tag.name.getText()}\`: ${said(tag)}`),
    ...[...tags('returns'), ...tags('return')].map((tag) => `- Gives: ${said(tag)}`),
    ...tags('throws').map(
      (tag) =>
        `- Throws: ${tag
          .getText()
          .replace(/^@throws\s*/, '')
          .replaceAll(/\s*\n\s*\*\s*/g, ' ')
          .trim()}`,
    ),
  ];
  return [said(doc), rows.join('\n'), ...tags('example').map(said)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Each entry, and last what is named by them and not exported: names in order, with declaration, kind and docstring. */
export function documented(folder) {
  const { own, exported } = declarationsIn(folder);
  const listed = (names) =>
    own
      .filter(({ name }) => names(name))
      .map(({ name, node, source }) => ({
        name,
        kind:
          ts.isClassDeclaration(node) || (ts.isVariableStatement(node) && /^[A-Z]/.test(name))
            ? 'class'
            : ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
              ? 'type'
              : 'function',
        code: without(source.text.slice(node.getStart(source), node.end)),
        docs: docsOf(node),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const isExported = (name) => exported.some(([, names]) => names.has(name));
  return [
    ...exported.map(([entry, names]) => [entry, listed((name) => names.has(name))]),
    ['Named by these, and not exported', listed((name) => !isExported(name))],
  ];
}

const isHidden = (node) =>
  (node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
  (node.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);

const isDocumented = (node) =>
  ts.getJSDocCommentsAndTags(node).some((doc) => ts.isJSDoc(doc) && (doc.comment ?? '').length > 0);

/** A signature's docstring may stand at the first of its overloads. */
const hasDocs = (node) =>
  isDocumented(node) ||
  (ts.isMethodDeclaration(node) &&
    node.parent.members.some(
      (other) => other.name?.getText() === node.name.getText() && isDocumented(other),
    ));

/** Whether a class above documents a member of the same name, which editors then show. */
function inheritsDocs(member, { heritageClauses }, classes) {
  const name = member.name?.getText();
  const above = heritageClauses?.[0]?.types[0].expression.getText();
  const base = name === undefined ? undefined : classes.get(above);
  if (base === undefined) return false;
  const same = base.members?.find((one) => one.name?.getText() === name);
  return (same !== undefined && hasDocs(same)) || inheritsDocs(member, base, classes);
}

/** The declarations, members and options of a folder that have no docstring. */
export function withoutDocs(folder) {
  const missing = [];
  const { own } = declarationsIn(folder);
  const classes = new Map(own.map(({ name, node }) => [name, node]));
  for (const { name, node } of own) {
    if (!hasDocs(node)) missing.push(name);
    const visit = (member, at) => {
      let inner = at;
      if ((ts.isClassElement(member) || ts.isTypeElement(member)) && !ts.isCallSignatureDeclaration(member)) {
        if (isHidden(member)) return;
        inner = `${at}.${member.name?.getText() ?? 'constructor'}`;
        // A mapped or indexed member has no name to hover over.
        const isNamed = !ts.isIndexSignatureDeclaration(member);
        if (isNamed && !hasDocs(member) && !inheritsDocs(member, node, classes)) missing.push(inner);
      }
      // What a conditional type compares with is nobody's to give.
      ts.forEachChild(member, (child) => child !== member.extendsType && visit(child, inner));
    };
    ts.forEachChild(node, (child) => visit(child, name));
  }
  return [...new Set(missing)].sort();
}
