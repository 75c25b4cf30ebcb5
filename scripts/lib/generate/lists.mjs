// The lists of the documents: the public names by family (README), the table of all operators (docs/operators.md), and
// ONNX's operators that are read (README).

/** The families in the order of README, with what is said of them; further ones follow. */
const FAMILIES = new Map([
  ['Tensors', ': float32, int32, uint8, int8'],
  ['Convolution', ': any stride, dilation, groups and padding, four padding modes'],
  ['Pooling', ': with positions, ceil mode, dilation; and back'],
  ['Products', ''],
  ['Activations', ''],
  ['Normalisation and noise', ''],
  ['Arithmetic', ', with broadcasting; reductions'],
  ['Comparisons', ', and the choice between two values'],
  ['Resampling', ''],
  ['Moving values', ''],
  ['Modules', ''],
  ['Programs', ''],
]);

const HEAD = `# Operators

Made by \`npm run generate\` from the operators' entries in \`ts/ops\`; a test fails when it is out of date. What a word means is in
README and, as its docstring, in your editor. \`?\`: may be left out. \`a | b\` in a cell: one or the other.

- *Arguments*: \`x\` has a batch axis and channels before its spatial axes: N C L, N C H W, N C D H W; \`1d 2d 3d\` are operators of
  their own (\`conv1d\`, \`conv2d\`, \`conv3d\`).
- *Options*: the last argument, an object; after \`=\` the default.
- *Gradients*: the tensors that \`vjp\` and \`valueAndGrad\` give gradients of, where they are float32.
- *PyTorch*, *ONNX*: what computes the same there; ONNX's operators are imported as this one.
`;

const table = (rows) => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const ruled = (titles, rows) => table([titles, titles.map(() => '---'), ...rows]);
const anchor = (family) => family.toLowerCase().replaceAll(' ', '-');

function families(of) {
  const found = [...new Set(of.map(({ category }) => category))].sort();
  return [...FAMILIES.keys(), ...found.filter((family) => !FAMILIES.has(family))].filter((family) =>
    found.includes(family),
  );
}

/** `conv1d`, `conv2d`, `conv3d` as `convNd`: the names in alphabetical order. */
function names(all) {
  const short = all.flatMap((name) => {
    const base = name.replace(/[123]d$/, '');
    if (base === name || ![1, 2, 3].every((rank) => all.includes(`${base}${rank}d`))) return [name];
    return name.endsWith('1d') ? [`${base}Nd`] : [];
  });
  return short
    .sort((a, b) => a.localeCompare(b, 'en'))
    .map((name) => `\`${name}\``)
    .join(', ');
}

/** README's table: the functions and the classes of each family. `exported`: name, isType, category. */
export function familyTable(exported, operators) {
  const values = exported.filter(({ isType }) => !isType);
  const rows = families(values).map((family) => {
    const all = values.filter(({ category }) => category === family).map(({ name }) => name);
    const hasOperators = operators.some(({ category }) => category === family);
    const title = hasOperators ? `[${family}](docs/operators.md#${anchor(family)})` : family;
    const isClass = (name) => /^[A-Z]/.test(name);
    const cells = [all.filter((name) => !isClass(name)), all.filter(isClass)].map(names);
    return [`${title}${FAMILIES.get(family) ?? ''}`, ...cells];
  });
  return ruled(['', 'functions', 'layers'], rows);
}

/** `Default 1.` or `Default: the kernel size.` in a docstring; null where there is none. */
export function defaultIn(documentation) {
  const found = /\bDefault:? ((?:[^.]|\.(?=\S))+)\.?/.exec(documentation.replaceAll(/\s+/g, ' '));
  return found === null ? null : found[1].trim().replaceAll('|', '\\|');
}

const cell = (words) => (words.length === 0 ? '' : words.join(', '));

/** The row of an operator, or of the same operator in one, two and three dimensions. */
function row(base, ranks, { entry, signature: { parameters } }) {
  const given = parameters.filter(({ options }) => options === null);
  const options = parameters.find((parameter) => parameter.options !== null)?.options ?? [];
  const constants = entry.constants ?? [];
  const differentiable = entry.alias || entry.gradient !== undefined ? entry.args : [];
  const one = (text) => (ranks.length > 0 ? text.replaceAll(/([a-z])[123]d\b/g, '$1Nd') : text);
  return [
    ranks.length > 0 ? `\`${base}\` ${ranks.map((rank) => `${rank}d`).join(' ')}` : `\`${base}\``,
    cell(given.map(({ name, optional }) => `\`${name}\`${optional ? '?' : ''}`)),
    cell(
      options.map(({ name, documentation }) => {
        const value = defaultIn(documentation);
        return `\`${name}\`${value === null ? '' : ` = ${value}`}`;
      }),
    ),
    cell(differentiable.filter((name) => !constants.includes(name)).map((name) => `\`${name}\``)),
    `\`${one(entry.torch)}\``,
    cell(entry.onnx.map((name) => `\`${name}\``)),
  ];
}

function rowsOf(operators) {
  const all = operators.map(({ name }) => name);
  const groups = new Map();
  for (const operator of operators) {
    const { name } = operator;
    const [, base = name, rank] = /^(.*?)([123])d$/.exec(name) ?? [];
    const isAlone = all.filter((other) => /^(.*?)[123]d$/.exec(other)?.[1] === base).length === 1;
    const key = isAlone || all.includes(base) ? name : base;
    const group = groups.get(key) ?? { ranks: [], operator };
    if (rank !== undefined && key === base) group.ranks.push(rank);
    groups.set(key, group);
  }
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([base, { ranks, operator }]) => row(base, ranks.sort(), operator));
}

/** The text of docs/operators.md. `operators`: name, category, entry, signature. */
export function operatorsDocument(operators) {
  const titles = ['operator', 'arguments', 'options', 'gradients', 'PyTorch', 'ONNX'];
  const sections = families(operators).map((family) => {
    const rows = rowsOf(operators.filter(({ category }) => category === family));
    return `## ${family}\n\n${ruled(titles, rows)}\n`;
  });
  return `${HEAD}\n${sections.join('\n')}`;
}

/** Names as a paragraph of at most 118 columns. */
export function paragraph(all) {
  const lines = [''];
  all.forEach((name, i) => {
    const word = `\`${name}\`${i === all.length - 1 ? '.' : ','}`;
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length > 118) lines.push(word);
    else lines[lines.length - 1] = line;
  });
  return lines.join('\n');
}

/** A document with what stands between its marks, <!-- NAME:begin --> and <!-- NAME:end -->, replaced. */
export function between(document, name, text) {
  const [begin, end] = ['begin', 'end'].map((mark) => `<!-- ${name}:${mark} -->`);
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${begin} and ${end} are not in the document`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}
