// The docstrings of the layers that are one call of an operator, out of the operator's.
import { defaultIn } from './lists.mjs';

/** Text as lines of at most `width` columns. */
function wrapped(text, width) {
  const lines = [''];
  // No line begins with a sign, which would be a list.
  for (const word of text.split(/\s+(?![-+*]\s)/)) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length > width && lines.at(-1) !== '') lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}

/** A comment of at most 118 columns: a text, and tags. */
export function comment(text, tags = [], indent = '') {
  const lines = [text, ...tags].flatMap((part) => wrapped(part, 115 - indent.length));
  const [open, ...more] = ['/**', ' * ', ' */'];
  if (lines.length === 1) return `${open} ${lines[0]}${more[1]}`;
  return [open, ...lines.map((line) => `${indent}${more[0]}${line}`), `${indent}${more[1]}`].join('\n');
}

/** Words of a docstring about planes, and about rows and volumes. */
const AXES = {
  1: {
    'H, W': 'L',
    'Ho, Wo': 'Lo',
    'Ho = ': 'Lo = ',
    '(H ': '(L ',
    '[height, width]': '[length]',
    '[[top, bottom], [left, right]]': '[[left, right]]',
    H: 'L',
    Ho: 'Lo',
  },
  3: {
    'H, W': 'D, H, W',
    'Ho, Wo': 'Do, Ho, Wo',
    '[height, width]': '[depth, height, width]',
    '[[top, bottom], [left, right]]': '[[front, back], [top, bottom], [left, right]]',
  },
};

/** What an operator's docstring says; those of one and three dimensions say that they are as the one of two. */
export function docsOf({ name, signature }, all) {
  const [, base, rank] = /^(.*)([13])d$/.exec(name) ?? [];
  const like = all.find((one) => one.name === `${base}2d`);
  if (like === undefined || !signature.documentation.startsWith(`\`${base}2d\` for`)) return signature;
  const axes = AXES[rank];
  const words = Object.keys(axes).map((word) => word.replaceAll(/[[\]()]/g, '\\$&'));
  const moved = (text) =>
    text
      ?.replaceAll(new RegExp(`(?<!\\w)(?:${words.join('|')})(?!\\w)`, 'g'), (word) => axes[word])
      .replaceAll(/(?<=[a-z])2d\b/gi, `${rank}d`);
  const { documentation, params, returns, throws } = like.signature;
  return {
    documentation: moved(documentation),
    params: new Map([...params].map(([key, text]) => [key, moved(text)])),
    returns: moved(returns),
    throws,
  };
}

/** What a constructor takes, with defaults, and what forward gives. */
export function memberDocs(layer, operator, { own, taken, inputs, forward }, docs) {
  const { signature } = operator;
  const known = [...signature.parameters, ...signature.parameters.flatMap(({ options }) => options ?? [])];
  const said = (name) => docs.params.get(name) ?? known.find((one) => one.name === name)?.documentation;
  const param = (name, as = name) => (said(name) ? [`@param ${as} ${said(name)}`] : []);
  const keys = own?.keys ?? [];
  const defaults = keys.flatMap((key) => {
    const value = layer.defaults?.[key] ?? defaultIn(said(key) ?? '');
    return value === null ? [`\`${key}\``] : [`\`${key}\` (default ${value})`];
  });
  const makes =
    taken.length + keys.length === 0
      ? 'Takes nothing.'
      : `What \`${operator.name}\` takes beside its tensors.`;
  const ofOptions = keys.length === 0 ? [] : [`@param options ${defaults.join(', ')}`];
  // What must be given has no default.
  const needed = (text) => text.replace(/ Default\b.*$/, '');
  const constructed = [...taken.flatMap(({ name, as }) => param(name, as)).map(needed), ...ofOptions];
  const given = [...inputs, ...forward].flatMap(({ name }) => param(name));
  const returns = docs.returns === undefined ? [] : [`@returns ${docs.returns}`];
  const throws = docs.throws.map((text) => `@throws ${text}`);
  return {
    constructed: comment(makes, constructed, '  '),
    forward: comment(
      `\`${operator.name}\` of ${inputs.map(({ name }) => name).join(' and ')}.`,
      [...given, ...returns, ...throws],
      '  ',
    ),
  };
}
