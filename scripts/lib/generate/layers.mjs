// The layers that are one call of an operator, as classes: from its `layer`, and from the types of the operator's
// public function. One file of classes per file of operators.
import path from 'node:path';
import { Problem } from '../report.mjs';
import { comment, docsOf, memberDocs } from './layerDocs.mjs';

/** Where the classes are. */
export const LAYERS = 'ts/layers/generated';

const list = (items) => items.filter((item) => item !== '').join(', ');
const typed = (type) => type.replace(/^Tensor<"float32">$/, 'Tensor');
const quoted = (names) => names.map((name) => `'${name}'`).join(' | ');

/** What an operator says of its layers, written out. */
export const layersOf = ({ layer }) =>
  [layer ?? []].flat().map((one) => (typeof one === 'string' ? { name: one } : one));

/** The options object of a layer's constructor: its type and keys; null where the constructor takes none. */
function optionsOf(layer, { options, kept, positional }, typeNamed) {
  if (layer.takes !== undefined) return null;
  if (layer.options === 'none' || (positional.length === 0 && options === undefined)) {
    return { type: 'Record<string, never>', keys: [], optional: true, own: false };
  }
  if (options === undefined && layer.options === undefined) {
    if (kept.length === 0) return null;
    throw new Problem(
      `${layer.name} takes ${kept.map(({ name }) => name).join(', ')}: \`options\` must name their type`,
    );
  }
  const { forward = [] } = layer;
  const named = layer.options ?? options.type.replace(/<(true|false)>$/, '<I>');
  const all = layer.options === undefined ? options.options : typeNamed(layer.options);
  return {
    type: forward.length > 0 ? `Omit<${named}, ${quoted(forward)}>` : named,
    keys: all.map(({ name }) => name).filter((name) => !forward.includes(name)),
    optional: options?.optional ?? true,
    own: layer.options === undefined && forward.length === 0,
  };
}

/** The last argument of the call, an object, in parts; `own` is the constructor's options object, `fixed` what never changes. */
function optionParts({ own, kept, taken, fixed, forward, isOption, inTraining }) {
  const spread = own !== null && own.keys.length > 0 && kept.length === 0;
  const parts = [
    ...taken.filter(({ name }) => isOption(name)).map(({ name, as }) => `${name}: this.#${as}`),
    ...fixed.map(([name, value]) => `${name}: ${value}`),
    ...(inTraining ? ['training: this.training'] : []),
    ...forward.map((name) => `...(${name} !== undefined && { ${name} })`),
  ];
  if (parts.length === 0) return spread ? 'this.#options' : '';
  return `{ ${[...(spread ? ['...this.#options'] : []), ...parts].join(', ')} }`;
}

/** A layer's parts: what the constructor and forward take, and the call. `typeNamed` gives an exported type's properties. */
function partsOf(layer, { name: operator, entry, signature: { parameters } }, typeNamed) {
  const { forward = [], names = {} } = layer;
  const defaults = Object.entries(layer.defaults ?? {}).map(([name, value]) => [name, JSON.stringify(value)]);
  const options = parameters.find((parameter) => parameter.options !== null);
  const given = parameters.filter((parameter) => parameter !== options);
  const inputs = given.filter(({ name }) => entry.args.includes(name));
  const positional = given.filter(({ name }) => !entry.args.includes(name));
  // Arguments that may be left out are options of the layer.
  const kept = layer.takes === undefined ? positional.filter(({ optional }) => optional) : [];
  const required = positional.filter((one) => !kept.includes(one)).map(({ name }) => name);
  const typeOf = (name) => {
    const found = [...positional, ...(options?.options ?? [])].find((one) => one.name === name);
    if (found === undefined)
      throw new Problem(`${layer.name} takes ${name}, which ${operator} does not have`);
    return found.type;
  };
  const own = optionsOf(layer, { options, kept, positional }, typeNamed);
  const taken = (layer.takes ?? required).map((name) => ({
    name,
    as: names[name] ?? name,
    type: typeOf(name),
  }));
  const isOption = (name) => options?.options.some((one) => one.name === name) ?? false;
  const fixed = defaults.filter(([name]) => isOption(name));
  const inTraining = isOption('training') && !own?.keys.includes('training');
  const argument = ({ name }) => {
    const at = taken.find((one) => one.name === name);
    if (at !== undefined) return `this.#${at.as}`;
    const [, value] = defaults.find(([key]) => key === name) ?? [];
    return value === undefined ? `this.#options.${name}` : `this.#options.${name} ?? ${value}`;
  };
  const notes = [
    ...fixed.map(([name, value]) => `, with ${name} ${value.replaceAll('"', "'")}`),
    ...(inTraining ? [', in train mode alone'] : []),
  ];
  return {
    own,
    taken,
    note: notes.join(''),
    inputs: inputs.map(({ name, type }) => ({ name, type: typed(type) })),
    forward: forward.map((name) => ({ name, type: typeOf(name) })),
    arguments: positional.map(argument),
    options: optionParts({ own, kept, taken, fixed, forward, isOption, inTraining }),
  };
}

/** The class of a layer. */
function classOf(layer, operator, all, typeNamed) {
  const docs = docsOf(operator, all);
  const parts = partsOf(layer, operator, typeNamed);
  const said = memberDocs(layer, operator, parts, docs);
  const indexed = parts.own?.keys.includes('returnIndices');
  const { base, signatures, call } = forwardOf(operator, parts, indexed);
  const { fields, taken, body, kept } = constructorOf(layer, operator, parts);
  const repr =
    kept.length === 0
      ? ''
      : `
  override extraRepr(): string {
    return argumentsText({ ${kept.join(', ')} });
  }
`;
  return `${comment(`\`${operator.name}\` as a layer${parts.note}: ${docs.documentation}`)}
export class ${layer.name}${indexed ? '<I extends boolean = false>' : ''} extends ${base} {
  /** Of minified bundles too. @internal */
  static override readonly name: string = '${layer.name}';
  ${fields.join('\n  ')}

  ${said.constructed}
  constructor(${taken.join(', ')}) {
    ${body.join('\n    ')}
  }

  ${said.forward}
  ${signatures.join('\n  ')}
    return ${call};
  }
${repr}}
`;
}

/** The constructor: the fields that it fills, what it takes, its body, and what it was given, by name. */
function constructorOf(layer, { name, validates }, { own, taken }) {
  const isKept = own !== null && own.keys.length > 0;
  const checks = validates && (taken.length > 0 || isKept);
  const given = [`'${layer.name}'`, ...taken.map(({ as }) => as), ...(own === null ? [] : ['options'])];
  const keys = own?.keys.map((key) => `'${key}'`).join(', ');
  return {
    fields: [
      ...taken.map(({ as, type }) => `readonly #${as}: ${type};`),
      ...(isKept ? [`readonly #options: ${own.type};`] : []),
    ],
    taken: [
      ...taken.map(({ as, type }) => `${as}: ${type}`),
      ...(own === null ? [] : [`options: ${own.type}${own.optional ? ' = {}' : ''}`]),
    ],
    body: [
      'super();',
      // A validated options object of the function's own type has its names checked there.
      ...(own !== null && !(checks && own.own) ? [`checkOptions('${layer.name}', options, [${keys}]);`] : []),
      ...(checks ? [`validate(${[name, ...given].join(', ')});`] : []),
      ...taken.map(({ as }) => `this.#${as} = ${as};`),
      ...(isKept ? ['this.#options = { ...options };'] : []),
    ],
    kept: [...taken.map(({ as }) => `${as}: this.#${as}`), ...(isKept ? ['...this.#options'] : [])],
  };
}

/** forward: the class that declares it, its signatures, of which the last opens the body, and the call. */
function forwardOf({ name }, { own, inputs, forward, arguments: positional, options }, indexed) {
  const tensor = inputs[0].type;
  // What takes any dtype keeps it.
  const keeps = tensor === 'Tensor<D>';
  const output = indexed ? `Extremum<I${keeps ? ', D' : ''}>` : tensor;
  const takes = [
    ...inputs.map((input) => `${input.name}: ${input.type}`),
    ...forward.map((input) => `${input.name}?: ${input.type}`),
  ];
  const tuple = takes.length === 1 ? tensor : takes.join(', ');
  const plain = takes.length === 1 && output === 'Tensor' ? 'Module' : `Module<[${tuple}], ${output}>`;
  const signature = (d) => `forward(${takes.join(', ')}): ${output}`.replaceAll(/\bD\b/g, d);
  const last = indexed ? `${options} as ${own.type.replace('<I>', '<true>')}` : options;
  const call = `${name}(${list([...inputs.map((input) => input.name), ...positional, last])})`;
  return {
    base: keeps ? `KeepingModule${indexed ? '<I>' : ''}` : plain,
    signatures: keeps
      ? [
          `${signature('D').replace('(', '<D extends DType>(')};`,
          `${signature("'float32'").replaceAll(/<'float32'>|, 'float32'(?=>)/g, '')};`,
          `${signature('DType')} {`,
        ]
      : [`${signature('D')} {`],
    call: `${call}${indexed ? ` as unknown as ${output.replace(' D>', ' DType>')}` : ''}`,
  };
}

/** Imports of the names of `from` (name to file of ts/ and whether it is a type) in a text. */
function imports(text, from) {
  const files = new Map();
  for (const [name, { file, isType }] of from) {
    if (!new RegExp(`\\b${name}\\b`).test(text)) continue;
    files.set(file, [...(files.get(file) ?? []), `${isType ? 'type ' : ''}${name}`]);
  }
  return [...files].map(([file, names]) => {
    const types = names.every((name) => name.startsWith('type '));
    const which = types ? names.map((name) => name.slice('type '.length)) : names;
    return `import ${types ? 'type ' : ''}{ ${which.join(', ')} } from '${path.posix.relative(LAYERS, file)}';`;
  });
}

const BASICS = [
  ['checkOptions', { file: 'ts/base/checks.ts', isType: false }],
  ['DType', { file: 'ts/base/dtype.ts', isType: true }],
  ['Tensor', { file: 'ts/tensor/tensor.ts', isType: true }],
  ['Module', { file: 'ts/layers/module.ts', isType: false }],
  ['KeepingModule', { file: 'ts/layers/keeping.ts', isType: false }],
  ['validate', { file: 'ts/ops/operator.ts', isType: false }],
  ['argumentsText', { file: 'ts/layers/repr.ts', isType: false }],
];

/**
 * The text of the classes of a file's operators, unformatted; null where it has none. `operators`: name, entry, layer,
 * validates, signature. `exported`: what ts/ops exports.
 */
export function layerFile(file, operators, exported, typeNamed) {
  const classes = operators.flatMap((operator) =>
    layersOf(operator).map((layer) => classOf(layer, operator, operators, typeNamed)),
  );
  if (classes.length === 0) return null;
  const text = classes.join('\n');
  const code = text.replaceAll(/^ *\/?\*.*$/gm, '');
  const own = exported
    .filter(({ file: of, isType }) => isType || of === file)
    .map(({ name, file: of, isType }) => [name, { file: of, isType }]);
  return `/** The layers of ${file}, by \`npm run generate\` from its operators. */\n${imports(code, [...BASICS, ...own]).join('\n')}\n\n${text}`;
}

/** The text of the list of a folder's exports, unformatted. `exported`: name, isType, file. */
export function exportList(folder, exported) {
  const files = [...new Set(exported.map(({ file }) => file))].sort();
  const lines = files.flatMap((file) =>
    [true, false].flatMap((isType) => {
      const names = exported.filter((one) => one.file === file && one.isType === isType);
      if (names.length === 0) return [];
      const which = names.map(({ name }) => name).join(', ');
      return [`export ${isType ? 'type ' : ''}{ ${which} } from './${file.slice(folder.length + 1)}';`];
    }),
  );
  return `/** The public names of ${folder}, by \`npm run generate\` from its files. */\n${lines.join('\n')}\n`;
}
