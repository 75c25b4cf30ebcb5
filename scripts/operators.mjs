// `npm run docs`: writes docs/operators.md, the table of all operators, from their entries (names in PyTorch and ONNX,
// gradients) and from the types of their public functions (arguments, options and their defaults).
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTypeScript } from './lib/bundle.mjs';
import { buildKernels } from './lib/kernels.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, root } from './lib/report.mjs';

const FILE = 'docs/operators.md';

const HEAD = `# Operators

Made by \`npm run docs\` from the operators' entries in \`ts/ops\`; a test fails when it is out of date. What a word means is in
README and, as its docstring, in your editor. \`?\`: may be left out. \`a | b\` in a cell: one or the other.

- *Arguments*: \`x\` has a batch axis and channels before its spatial axes: N C L, N C H W, N C D H W; \`1d 2d 3d\` are operators of
  their own (\`conv1d\`, \`conv2d\`, \`conv3d\`).
- *Options*: the last argument, an object; after \`=\` the default.
- *Gradients*: the tensors that \`vjp\` and \`valueAndGrad\` give gradients of, where they are float32.
- *PyTorch*, *ONNX*: what computes the same there; ONNX's operators are imported as this one.
`;

/** The public functions' signatures, as the type checker knows them: arguments and options of each operator. */
async function signatures(names) {
  const { default: ts } = await import('typescript');
  const config = ts.readConfigFile(path.join(root, 'ts/tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, path.join(root, 'ts'));
  const program = ts.createProgram([path.join(root, 'ts/index.ts')], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(path.join(root, 'ts/index.ts')));
  const found = new Map();
  for (const symbol of checker.getExportsOfModule(module)) {
    if (!names.includes(symbol.name)) continue;
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const type = checker.getTypeOfSymbol(own);
    const all = checker.getSignaturesOfType(type, ts.SignatureKind.Call);
    const longest = all.reduce((a, b) => (b.parameters.length > a.parameters.length ? b : a));
    const parameters = longest.parameters.map((parameter) => {
      const { valueDeclaration } = parameter;
      const isOptional = valueDeclaration !== undefined && checker.isOptionalParameter(valueDeclaration);
      const parameterType = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
      const isOptions = parameter.name === 'options';
      const properties = isOptions ? checker.getPropertiesOfType(parameterType) : [];
      return {
        name: parameter.name,
        optional: isOptional,
        options: isOptions
          ? properties.map((property) => ({
              name: property.name,
              default: defaultIn(ts.displayPartsToString(property.getDocumentationComment(checker))),
            }))
          : null,
      };
    });
    found.set(symbol.name, parameters);
  }
  return found;
}

/** `Default 1.` or `Default: the kernel size.` in a docstring; null where there is none. */
function defaultIn(documentation) {
  const found = /\bDefault:? ((?:[^.]|\.(?=\S))+)\.?/.exec(documentation.replaceAll(/\s+/g, ' '));
  return found === null ? null : found[1].trim().replaceAll('|', '\\|');
}

const cell = (words) => (words.length === 0 ? '' : words.join(', '));

/** The row of an operator, or of the same operator in one, two and three dimensions. */
function row(base, ranks, entry, parameters) {
  const given = parameters.filter(({ options }) => options === null);
  const options = parameters.find((parameter) => parameter.options !== null)?.options ?? [];
  const constants = entry.constants ?? [];
  const differentiable = entry.alias || entry.gradient !== undefined ? entry.args : [];
  const one = (text) => (ranks.length > 0 ? text.replaceAll(/([a-z])[123]d\b/g, '$1Nd') : text);
  return [
    ranks.length > 0 ? `\`${base}\` ${ranks.map((rank) => `${rank}d`).join(' ')}` : `\`${base}\``,
    cell(given.map(({ name, optional }) => `\`${name}\`${optional ? '?' : ''}`)),
    cell(options.map(({ name, default: value }) => `\`${name}\`${value === null ? '' : ` = ${value}`}`)),
    cell(differentiable.filter((name) => !constants.includes(name)).map((name) => `\`${name}\``)),
    `\`${one(entry.torch)}\``,
    cell(entry.onnx.map((name) => `\`${name}\``)),
  ];
}

/** The whole document, for the entries of the exported operators. */
export async function operatorsDocument() {
  const striate = await importTypeScript('ts/index.ts');
  const entries = Object.values(striate).flatMap((value) =>
    typeof value === 'function' && value.entry !== undefined ? [value.entry] : [],
  );
  const known = await signatures(entries.map(({ name }) => name));
  const groups = new Map();
  for (const entry of entries) {
    const [, base = entry.name, rank] = /^(.*?)([123])d$/.exec(entry.name) ?? [];
    const isAlone = entries.filter(({ name }) => /^(.*?)[123]d$/.exec(name)?.[1] === base).length === 1;
    const key = isAlone || entries.some(({ name }) => name === base) ? entry.name : base;
    const group = groups.get(key) ?? { ranks: [], entry };
    if (rank !== undefined && key === base) group.ranks.push(rank);
    groups.set(key, group);
  }
  const rows = [...groups]
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([base, { ranks, entry }]) => row(base, ranks.sort(), entry, known.get(entry.name)));
  const titles = ['operator', 'arguments', 'options', 'gradients', 'PyTorch', 'ONNX'];
  const lines = [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${HEAD}\n${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await nodeModules();
    await buildKernels();
    const document = await operatorsDocument();
    fs.mkdirSync(path.join(root, path.dirname(FILE)), { recursive: true });
    fs.writeFileSync(path.join(root, FILE), document);
    console.log(`${FILE}: ${document.split('\n').length} lines`);
  });
}
