/**
 * What the sliding window is asked to do, and its form in the page's address. Numbers that count up from 0 are left out of it: the
 * first channel has 0, 1, 2 ..., each further channel one more; kernels are the same, one more for each input and each output.
 */
import { axisNames } from './geometry.ts';

export type Operation = 'conv' | 'transposed' | 'pool';
export type Mode = 'zeros' | 'reflect' | 'replicate' | 'circular';
export type PaddingName = 'same' | 'same-lower' | 'valid' | 'full';
export type PoolKind = 'max' | 'min' | 'avg' | 'sum' | 'lp';

export const OPERATIONS = ['conv', 'transposed', 'pool'] as const;
export const MODES = ['zeros', 'reflect', 'replicate', 'circular'] as const;
export const PADDING_NAMES = ['same', 'same-lower', 'valid', 'full'] as const;
/** Pooling has no full padding: a window could lie in it alone. */
export const paddingNames = (operation: Operation): readonly PaddingName[] =>
  PADDING_NAMES.filter((name) => operation !== 'pool' || name !== 'full');

export const POOL_KINDS = ['max', 'min', 'avg', 'sum', 'lp'] as const;

export interface Config {
  readonly operation: Operation;
  readonly rank: 1 | 2;
  /** Sizes per axis. */
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
  /** A plane for each channel. */
  readonly x: readonly (readonly number[])[];
  /** Kernels: [outputs][channels / groups] of a convolution, [channels][outputs / groups] of a transposed one. */
  readonly w: readonly (readonly number[])[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: PaddingName | readonly (readonly [lo: number, hi: number])[];
  readonly mode: Mode;
  /** The mathematical convolution. */
  readonly flip: boolean;
  readonly pool: PoolKind;
  /** The power of the lp mean. */
  readonly power: number;
  readonly ceil: boolean;
  readonly includePad: boolean;
  readonly outputPadding: readonly number[];
  /** How a transposed convolution is shown: what each input adds, or a convolution over inserted zeros. */
  readonly view: 'scatter' | 'zeros';
}

export const LIMITS = {
  size: { min: 1, max: 24 },
  kernel: { min: 1, max: 11 },
  stride: { min: 1, max: 8 },
  dilation: { min: 1, max: 6 },
  padding: { min: 0, max: 12 },
  channels: { min: 1, max: 6 },
  power: { min: 1, max: 8 },
} as const;

/** The numbers of a plane that nobody gave. */
export const counting = (count: number, plus: number): number[] =>
  Array.from({ length: count }, (_, i) => i + plus);

const countOf = (size: readonly number[]): number => size.reduce((a, b) => a * b, 1);

/** How many kernels there are, and how many lie in a row. */
export function kernelRows({
  operation,
  channels,
  outputs,
  groups,
}: Pick<Config, 'operation' | 'channels' | 'outputs' | 'groups'>) {
  return operation === 'transposed'
    ? { rows: channels, columns: Math.max(1, Math.floor(outputs / groups)) }
    : { rows: outputs, columns: Math.max(1, Math.floor(channels / groups)) };
}

const patternX = (size: readonly number[], channels: number): number[][] =>
  Array.from({ length: channels }, (_, c) => counting(countOf(size), c));

function patternW(
  config: Pick<Config, 'operation' | 'channels' | 'outputs' | 'groups' | 'kernel'>,
): number[][] {
  const { rows, columns } = kernelRows(config);
  return Array.from({ length: rows * columns }, (_, i) =>
    counting(countOf(config.kernel), Math.floor(i / columns) + (i % columns)),
  );
}

/** Planes of numbers with what is new counted up. */
function resized(
  old: readonly (readonly number[])[],
  from: readonly number[],
  to: readonly number[],
  fresh: number[][],
): number[][] {
  const [, oldWidth] = wide(from);
  const [oldHeight] = wide(from);
  const [, width] = wide(to);
  const isPattern = old.every(
    (plane, c) => plane.join() === (fresh[c] && counting(plane.length, fresh[c]![0]!).join()),
  );
  if (isPattern) return fresh;
  return fresh.map((plane, c) =>
    plane.map((value, i) => {
      const [row, column] = [Math.floor(i / width), i % width];
      return row < oldHeight && column < oldWidth ? (old[c]?.[row * oldWidth + column] ?? value) : value;
    }),
  );
}

/** Height and width; a line is one high. */
export const wide = (size: readonly number[]): readonly [number, number] =>
  size.length === 1 ? [1, size[0] as number] : [size[0] as number, size[1] as number];

/** A config with some of it changed, its numbers made to fit. */
export function changed(config: Config, by: Partial<Config>): Config {
  const next = { ...config, ...by };
  const x = by.x ?? resized(config.x, config.size, next.size, patternX(next.size, next.channels));
  const w = by.w ?? resized(config.w, config.kernel, next.kernel, patternW(next));
  return { ...next, x, w };
}

/** Another number of axes: the last one stays. */
export function ranked(config: Config, rank: 1 | 2): Config {
  if (rank === config.rank) return config;
  const to = <T>(list: readonly T[]): T[] => (rank === 1 ? list.slice(-1) : [list[0]!, list[0]!]);
  const next: Config = {
    ...config,
    rank,
    size: to(config.size),
    kernel: to(config.kernel),
    stride: to(config.stride),
    dilation: to(config.dilation),
    outputPadding: to(config.outputPadding),
    padding: typeof config.padding === 'string' ? config.padding : to(config.padding),
  };
  return { ...next, x: patternX(next.size, next.channels), w: patternW(next) };
}

export const numberText = (planes: readonly (readonly number[])[], size: readonly number[]): string => {
  const [, width] = wide(size);
  const rows = (plane: readonly number[]) =>
    Array.from({ length: plane.length / width }, (_, r) => plane.slice(r * width, (r + 1) * width).join(','));
  return planes.map((plane) => rows(plane).join(';')).join('|');
};

const perAxis = (values: readonly number[]): string =>
  values.every((value) => value === values[0]) ? `${values[0]}` : values.join(',');

/** What the address holds of a config, without what has its default. */
export function parametersOf(config: Config): Record<string, string | undefined> {
  const { operation, rank, padding } = config;
  const unless = (value: string, usual: string) => (value === usual ? undefined : value);
  const x = numberText(config.x, config.size);
  const w = numberText(config.w, config.kernel);
  const isCountingX = x === numberText(patternX(config.size, config.channels), config.size);
  const isCountingW = w === numberText(patternW(config), config.kernel);
  const isPool = operation === 'pool';
  return {
    op: unless(operation, 'conv'),
    d: unless(`${rank}`, '2'),
    i: isCountingX ? unless(perAxis(config.size), isPool ? '4' : '3') : undefined,
    x: isCountingX ? undefined : x,
    c: isCountingX ? unless(`${config.channels}`, '1') : undefined,
    k: isPool || isCountingW ? unless(perAxis(config.kernel), '2') : undefined,
    w: isPool || isCountingW ? undefined : w,
    o: isPool ? undefined : unless(`${config.outputs}`, '1'),
    g: isPool ? undefined : unless(`${config.groups}`, '1'),
    s: unless(perAxis(config.stride), isPool ? perAxis(config.kernel) : '1'),
    dl: unless(perAxis(config.dilation), '1'),
    p: unless(paddingText(padding), '0'),
    m: isPool || operation === 'transposed' ? undefined : unless(config.mode, 'zeros'),
    f: operation === 'conv' && config.flip ? '1' : undefined,
    pool: isPool ? unless(config.pool, 'max') : undefined,
    n: isPool && config.pool === 'lp' ? unless(`${config.power}`, '2') : undefined,
    ceil: isPool && config.ceil ? '1' : undefined,
    pad: isPool && config.pool === 'avg' && !config.includePad ? '0' : undefined,
    q: operation === 'transposed' ? unless(perAxis(config.outputPadding), '0') : undefined,
    v: operation === 'transposed' ? unless(config.view, 'scatter') : undefined,
  };
}

function paddingText(padding: Config['padding']): string {
  if (typeof padding === 'string') return padding;
  const texts = padding.map(([lo, hi]) => (lo === hi ? `${lo}` : `${lo}:${hi}`));
  return texts.every((text) => text === texts[0]) ? texts[0]! : texts.join(',');
}

/** A part of the address that means nothing: its name, what it is, and what it must be. */
export interface Problem {
  readonly name: string;
  readonly given: string;
  readonly must: 'number' | 'numbers' | 'choice' | 'padding' | 'grid';
  readonly detail: string;
}

/** The config that an address asks for; what is wrong in it has its default, and is named. */
export function configOf(parameters: URLSearchParams): { config: Config; problems: Problem[] } {
  const problems: Problem[] = [];
  const wrong = (name: string, must: Problem['must'], detail: string) =>
    problems.push({ name, given: parameters.get(name) as string, must, detail });

  function choice<T extends string>(name: string, choices: readonly T[], usual: T): T {
    const given = parameters.get(name);
    if (given === null) return usual;
    if ((choices as readonly string[]).includes(given)) return given as T;
    wrong(name, 'choice', choices.join(', '));
    return usual;
  }
  function whole(name: string, { min, max }: { min: number; max: number }, usual: number): number {
    const given = parameters.get(name);
    if (given === null) return usual;
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= min && value <= max) return value;
    wrong(name, 'number', `${min} - ${max}`);
    return usual;
  }
  function axes(
    name: string,
    { min, max }: { min: number; max: number },
    usual: readonly number[],
  ): number[] {
    const given = parameters.get(name);
    if (given === null) return [...usual];
    const values = given.split(/[,x]/);
    const numbers = values.map(Number);
    const fits =
      values.every((text) => /^\d+$/.test(text)) && numbers.every((value) => value >= min && value <= max);
    if (fits && (numbers.length === rank || numbers.length === 1)) {
      return numbers.length === rank ? numbers : Array.from({ length: rank }, () => numbers[0]!);
    }
    wrong(name, 'numbers', `${min} - ${max}`);
    return [...usual];
  }
  function grids(name: string, most: number): { size: number[]; planes: number[][] } | null {
    const given = parameters.get(name);
    if (given === null) return null;
    const planes = given.split('|').map((plane) => plane.split(';').map((row) => row.split(',')));
    const height = planes[0]!.length;
    const width = planes[0]![0]!.length;
    const flat = planes.map((plane) => plane.flat());
    const isEven = planes.every(
      (plane) => plane.length === height && plane.every((row) => row.length === width),
    );
    const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));
    if (
      !isEven ||
      !flat.flat().every(isNumber) ||
      Math.max(height, width) > most ||
      (rank === 1 && height > 1)
    ) {
      wrong(name, 'grid', `${most}`);
      return null;
    }
    return { size: rank === 1 ? [width] : [height, width], planes: flat.map((plane) => plane.map(Number)) };
  }

  const operation = choice('op', OPERATIONS, 'conv');
  const rank = choice('d', ['1', '2'], '2') === '1' ? 1 : 2;
  const per = (value: number) => axisNames(rank).map(() => value);
  const givenX = grids('x', LIMITS.size.max);
  const size = givenX?.size ?? axes('i', LIMITS.size, per(operation === 'pool' ? 4 : 3));
  const channels = givenX?.planes.length ?? whole('c', LIMITS.channels, 1);
  const givenW = operation === 'pool' ? null : grids('w', LIMITS.kernel.max);
  const kernel = givenW?.size ?? axes('k', LIMITS.kernel, per(2));
  const outputs = operation === 'pool' ? channels : whole('o', LIMITS.channels, 1);
  const groups = operation === 'pool' ? 1 : whole('g', LIMITS.channels, 1);
  const base = { operation, channels, outputs, groups, kernel };
  const fresh = patternW(base);
  let w = givenW?.planes ?? fresh;
  if (w.length !== fresh.length) {
    wrong('w', 'grid', `${fresh.length}`);
    w = resized(w, kernel, kernel, fresh);
  }
  return {
    config: {
      ...base,
      rank,
      size,
      x: givenX?.planes ?? patternX(size, channels),
      w,
      stride: axes('s', LIMITS.stride, operation === 'pool' ? kernel : per(1)),
      dilation: axes('dl', LIMITS.dilation, per(1)),
      padding: paddingFrom(parameters.get('p'), operation, rank, () =>
        wrong('p', 'padding', paddingNames(operation).join(', ')),
      ),
      mode: choice('m', MODES, 'zeros'),
      flip: choice('f', ['0', '1'], '0') === '1',
      pool: choice('pool', POOL_KINDS, 'max'),
      power: whole('n', LIMITS.power, 2),
      ceil: choice('ceil', ['0', '1'], '0') === '1',
      includePad: choice('pad', ['0', '1'], '1') === '1',
      outputPadding: axes('q', LIMITS.padding, per(0)),
      view: choice('v', ['scatter', 'zeros'], 'scatter'),
    },
    problems,
  };
}

function paddingFrom(
  given: string | null,
  operation: Operation,
  rank: number,
  wrong: () => void,
): Config['padding'] {
  const none = Array.from({ length: rank }, () => [0, 0] as const);
  if (given === null) return none;
  if ((paddingNames(operation) as readonly string[]).includes(given)) return given as PaddingName;
  const pairs = given.split(',').map((axis): [number, number] => {
    const [lo, hi = lo] = axis.split(':').map((text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN));
    return [lo as number, hi as number];
  });
  const fits = pairs.flat().every((value) => value >= 0 && value <= LIMITS.padding.max);
  if (fits && pairs.length === rank) return pairs;
  if (fits && pairs.length === 1) return none.map(() => pairs[0]!);
  wrong();
  return none;
}
