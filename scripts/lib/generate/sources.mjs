// What the sources say of their exports, by the type checker: which are public, their families, signatures and docs.
//
// Whatever a file of ts/ops or ts/layers exports is public, unless its docstring, or the file's opening comment, says
// @internal; @public makes an exception in such a file. What says @hidden is no name that a user can import, but declarations
// show it: a base class. @category, of the docstring or of the file, names the family.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { Problem, root } from '../report.mjs';

/** The TypeScript files of a folder, by name, without the generated list of their exports. */
export const filesIn = (folder) =>
  fs
    .readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.ts') && file !== 'index.ts')
    .sort()
    .map((file) => `${folder}/${file}`);

/** A type checker over these files and what they import. */
export function readSources(files) {
  const config = ts.readConfigFile(path.join(root, 'ts/tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, path.join(root, 'ts'));
  const program = ts.createProgram(
    files.map((file) => path.join(root, file)),
    options,
  );
  return { program, checker: program.getTypeChecker() };
}

/** The tags of a file's opening comment: name to text. */
function tagsOfFile(source) {
  const [, comment = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(source.text) ?? [];
  return new Map(
    [...comment.matchAll(/@(internal|category)[ \t]*([^\n*]*)/g)].map(([, name, text]) => [
      name,
      text.trim(),
    ]),
  );
}

/** The public exports of a file: name, whether it is only a type, its family, and the checker's symbol. */
export function publicExports({ program, checker }, file) {
  const source = program.getSourceFile(path.join(root, file));
  const ofFile = tagsOfFile(source);
  return checker.getExportsOfModule(checker.getSymbolAtLocation(source)).flatMap((symbol) => {
    const tags = new Map(
      symbol.getJsDocTags(checker).map(({ name, text }) => [name, ts.displayPartsToString(text).trim()]),
    );
    if (tags.has('internal') || tags.has('hidden') || (ofFile.has('internal') && !tags.has('public')))
      return [];
    const isType = (symbol.flags & ts.SymbolFlags.Value) === 0;
    const category = tags.get('category') ?? ofFile.get('category');
    if (!isType && category === undefined) {
      throw new Problem(
        `${file}: ${symbol.name} is public, but neither its docstring nor the file's opening comment has a @category`,
      );
    }
    return [{ name: symbol.name, isType, category, file, symbol }];
  });
}

const withoutUndefined = (text) => text.replace(/ \| undefined$/, '');

/** An operator's public function: its parameters, the options among them, and what its docstring says. */
export function signatureOf({ checker }, symbol) {
  const type = checker.getTypeOfSymbol(symbol);
  const all = checker.getSignaturesOfType(type, ts.SignatureKind.Call);
  const longest = all.reduce((a, b) => (b.parameters.length > a.parameters.length ? b : a));
  const documentation = (of) => ts.displayPartsToString(of.getDocumentationComment(checker)).trim();
  const parameters = longest.parameters.map((parameter) => {
    const declaration = parameter.valueDeclaration;
    const isOptional = declaration !== undefined && checker.isOptionalParameter(declaration);
    const of = checker.getTypeOfSymbol(parameter);
    const text = checker.typeToString(of, undefined, ts.TypeFormatFlags.NoTruncation);
    return {
      name: parameter.name,
      optional: isOptional,
      type: isOptional ? withoutUndefined(text) : text,
      options: parameter.name === 'options' ? propertiesOf(checker, of) : null,
    };
  });
  const tags = symbol
    .getJsDocTags(checker)
    .map(({ name, text }) => ({ name, text: ts.displayPartsToString(text).replaceAll(/\s+/g, ' ').trim() }));
  const texts = (name) => tags.filter((tag) => tag.name === name).map(({ text }) => text);
  return {
    parameters,
    documentation: documentation(symbol),
    params: new Map(texts('param').map((text) => /^(\w+) (.*)$/.exec(text).slice(1))),
    returns: texts('returns')[0],
    throws: texts('throws'),
  };
}

/** The properties of an options type in the order in which they are written, so that those of a type it extends are first. */
function propertiesOf(checker, type) {
  // The checker's own order is that of its work where a type is computed, such as an Omit.
  const place = ({ declarations: [first] = [] }) => first?.pos ?? 0;
  const file = ({ declarations: [first] = [] }) => first?.getSourceFile().fileName ?? '';
  return checker
    .getPropertiesOfType(checker.getNonNullableType(type))
    .sort((a, b) => file(a).localeCompare(file(b), 'en') || place(a) - place(b))
    .map((property) => ({
      name: property.name,
      type: withoutUndefined(
        checker.typeToString(checker.getTypeOfSymbol(property), undefined, ts.TypeFormatFlags.NoTruncation),
      ),
      documentation: ts.displayPartsToString(property.getDocumentationComment(checker)),
    }));
}

/** The properties of a type that a file exports. */
export function propertiesOfExport({ checker }, symbol) {
  return propertiesOf(checker, checker.getDeclaredTypeOfSymbol(symbol));
}
