/** The line of code that does it. */
import type { Config } from './config.ts';

const list = (values: readonly unknown[]): string => `[${values.join(', ')}]`;
const perAxis = (values: readonly number[]): string =>
  values.every((value) => value === values[0]) ? `${values[0]}` : list(values);

function paddingText(padding: Config['padding']): string {
  if (typeof padding === 'string') return `'${padding}'`;
  if (padding.every(([lo, hi]) => lo === hi)) return perAxis(padding.map(([lo]) => lo));
  return list(padding.map(list));
}

const isNone = (padding: Config['padding']): boolean => paddingText(padding) === '0';

/** A call of striate, with the options that are not their defaults. */
export function codeOf(config: Config): string {
  const { operation, rank, kernel, stride, dilation, padding, groups } = config;
  const isPool = operation === 'pool';
  const options: [string, string | false][] = [
    [
      'stride',
      isPool
        ? perAxis(stride) !== perAxis(kernel) && perAxis(stride)
        : perAxis(stride) !== '1' && perAxis(stride),
    ],
    ['padding', !isNone(padding) && paddingText(padding)],
    [
      'outputPadding',
      operation === 'transposed' && perAxis(config.outputPadding) !== '0' && perAxis(config.outputPadding),
    ],
    ['paddingMode', operation === 'conv' && config.mode !== 'zeros' && `'${config.mode}'`],
    ['dilation', perAxis(dilation) !== '1' && perAxis(dilation)],
    ['groups', !isPool && groups !== 1 && `${groups}`],
    ['flipKernel', operation === 'conv' && config.flip && 'true'],
    ['ceilMode', isPool && config.ceil && 'true'],
    ['countIncludePad', isPool && config.pool === 'avg' && !config.includePad && 'false'],
  ];
  const given = options.flatMap(([name, text]) => (text === false ? [] : [`${name}: ${text}`]));
  const last = given.length === 0 ? '' : `, { ${given.join(', ')} }`;
  if (isPool) {
    const power = config.pool === 'lp' ? `${config.power}, ` : '';
    return `${config.pool}Pool${rank}d(x, ${power}${perAxis(kernel)}${last})`;
  }
  const name = operation === 'conv' ? 'conv' : 'convTranspose';
  return `${name}${rank}d(x, weight${last === '' ? '' : ', null'}${last})`;
}
