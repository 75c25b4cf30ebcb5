/**
 * Random calls, as problem lines (test/support/calls.ts): a generator of arguments per operator. What it gives is
 * valid, which it makes sure of by the documented rules; `spoil` makes arguments wrong.
 */
import type { Choices } from './random.ts';

/** Arguments as JSON, tensors as their texts. */
export type Arguments = unknown[];
/** Gives null where it chose something that does not fit; it is asked again. */
export type Generator = (choose: Choices) => Arguments | null;

const RANKS = [1, 2, 3] as const;
type Pairs = [number, number][];

/** A tensor's text. */
const t = (shape: readonly number[], kind = ''): string =>
  `${shape.length === 0 ? 'scalar' : shape.join('x')}${kind}`;

const maybe = (choose: Choices, chance = 0.5): boolean => choose.next() < chance;

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Without the keys that are undefined. */
const options = (given: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** A number for all axes, or one for each: the option, and the list. */
function perAxis(choose: Choices, rank: number, low: number, high: number): [unknown, number[]] {
  if (maybe(choose, 0.4)) {
    const value = choose.integer(low, high);
    return [value, times(rank, () => value)];
  }
  const list = times(rank, () => choose.integer(low, high));
  return [list, list];
}

/** Spatial sizes; now and then long rows, one pixel, or none. */
function spatial(choose: Choices, rank: number, low = 1): number[] {
  const high = rank === 1 ? 24 : rank === 2 ? 11 : 6;
  const sizes = times(rank, () => choose.integer(Math.max(low, maybe(choose, 0.8) ? 3 : 0), high));
  if (maybe(choose, 0.08)) sizes[rank - 1] = choose.integer(20, 45);
  return sizes;
}

const batch = (choose: Choices): number => choose.of([1, 1, 1, 2, 3, 0]);
const channels = (choose: Choices): number => choose.of([1, 2, 3, 4, 5, 1, 2, 3, 9, 17]);

interface Window {
  readonly size: number[];
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly pairs: Pairs;
  readonly options: Record<string, unknown>;
}

/** Padding as an option and as pairs. */
function padding(
  choose: Choices,
  modes: readonly string[],
  most: number,
  { size, kernel, stride, dilation }: Omit<Window, 'pairs' | 'options'>,
): [unknown, Pairs] {
  const how = choose.of([undefined, 'number', 'list', 'pairs', ...modes]);
  const extents = kernel.map((k, i) => dilation[i]! * (k - 1));
  switch (how) {
    case 'number': {
      const p = choose.integer(0, most);
      return [p, size.map(() => [p, p])];
    }
    case 'list': {
      const list = size.map(() => choose.integer(0, most));
      return [list, list.map((p) => [p, p])];
    }
    case 'pairs': {
      const pairs: Pairs = size.map(() => [choose.integer(0, most), choose.integer(0, most)]);
      return [pairs, pairs];
    }
    case 'full':
      return [how, extents.map((e) => [e, e])];
    case 'same':
    case 'same-lower':
      return [
        how,
        size.map((input, i) => {
          const total = Math.max(
            0,
            (Math.ceil(input / stride[i]!) - 1) * stride[i]! + extents[i]! + 1 - input,
          );
          const less = total >> 1;
          return how === 'same' ? [less, total - less] : [total - less, less];
        }),
      ];
    default:
      return [how, size.map(() => [0, 0])];
  }
}

const fits = ({ size, kernel, dilation, pairs }: Window): boolean =>
  size.every((s, i) => s + pairs[i]![0] + pairs[i]![1] >= dilation[i]! * (kernel[i]! - 1) + 1);

const RULES = ['same', 'same-lower', 'valid'];

/** A convolution's window that fits. */
function convWindow(choose: Choices, rank: number): Window {
  for (;;) {
    const size = spatial(choose, rank);
    const kernel = times(rank, () => choose.of([1, 2, 3, 3, 3, 4, 5]));
    if (maybe(choose, 0.25)) kernel.fill(choose.of([1, 3, 5]));
    const [stride, strides] = perAxis(choose, rank, 1, 3);
    const [dilation, dilations] = maybe(choose, 0.3)
      ? perAxis(choose, rank, 1, 3)
      : [undefined, kernel.map(() => 1)];
    const plain = maybe(choose, 0.4);
    const axes = { size, kernel, stride: plain ? kernel.map(() => 1) : strides, dilation: dilations };
    const [pad, pairs] = padding(choose, [...RULES, 'full'], 4, axes);
    const mode = maybe(choose, 0.3) ? choose.of(['zeros', 'reflect', 'replicate', 'circular']) : undefined;
    const window = {
      ...axes,
      pairs,
      options: options({ stride: plain ? undefined : stride, padding: pad, paddingMode: mode, dilation }),
    };
    if (fits(window) && padsFit(mode, size, pairs)) return window;
  }
}

/** Whether there is enough to mirror, go round or repeat. */
function padsFit(mode: string | undefined, size: readonly number[], pairs: Pairs): boolean {
  if (mode === undefined || mode === 'zeros' || mode === 'constant') return true;
  const room = { reflect: -1, circular: 0 }[mode] ?? Infinity;
  return size.every((s, i) => s > 0 && Math.max(...pairs[i]!) <= s + room);
}

const bias = (choose: Choices, size: number): string | null => (maybe(choose) ? t([size]) : null);

function conv(rank: number): Generator {
  return (choose) => {
    const { size, kernel, options: given } = convWindow(choose, rank);
    let [groups, into, out] = [choose.of([1, 1, 1, 2, 3]), channels(choose), channels(choose)];
    if (maybe(choose, 0.2)) {
      groups = channels(choose);
      [into, out] = [1, choose.of([1, 1, 2])];
    }
    if (groups > 1) given.groups = groups;
    if (maybe(choose, 0.15)) given.flipKernel = maybe(choose);
    const x = t([batch(choose), into * groups, ...size]);
    return [x, t([out * groups, into, ...kernel]), bias(choose, out * groups), given];
  };
}

function separable(rank: number): Generator {
  return (choose) => {
    const { size, kernel, options: given } = convWindow(choose, rank);
    const [c, m, out] = [choose.integer(1, 5), choose.of([1, 1, 2]), choose.integer(1, 6)];
    const pointwise = t([out, c * m, ...kernel.map(() => 1)]);
    return [t([batch(choose), c, ...size]), t([c * m, 1, ...kernel]), pointwise, bias(choose, out), given];
  };
}

function spatialSeparable(choose: Choices): Arguments {
  const { size, kernel, options: given } = convWindow(choose, 2);
  const c = channels(choose);
  const x = t([batch(choose), c, ...size]);
  return [x, t([c, 1, kernel[0]!, 1]), t([c, 1, 1, kernel[1]!]), bias(choose, c), given];
}

function convTranspose(rank: number): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 1).map((s) => Math.ceil(s / 2));
    const kernel = times(rank, () => choose.integer(1, 5));
    const [stride, strides] = perAxis(choose, rank, 1, 4);
    const [dilation, dilations] = maybe(choose, 0.3)
      ? perAxis(choose, rank, 1, 3)
      : [undefined, kernel.map(() => 1)];
    const natural = size.map((s, i) => (s - 1) * strides[i]! + dilations[i]! * (kernel[i]! - 1) + 1);
    const how = choose.of(['none', 'none', 'list', 'pairs', 'same', 'same-lower', 'valid']);
    let pairs: Pairs = size.map(() => [0, 0]);
    let pad: unknown;
    let extra: number[] | undefined;
    if (how === 'valid') pad = how;
    if (how === 'list') {
      const list = times(rank, () => choose.integer(0, 3));
      [pad, pairs] = [list, list.map((p): [number, number] => [p, p])];
    } else if (how === 'pairs') {
      pairs = times(rank, () => [choose.integer(0, 3), choose.integer(0, 3)]);
      pad = pairs;
    } else if (how.startsWith('same')) {
      if (natural.some((n, i) => n < size[i]! * strides[i]!)) return null;
      pad = how;
      pairs = natural.map((n, i) => [n - size[i]! * strides[i]!, 0]);
    }
    if (!how.startsWith('same') && maybe(choose, 0.3))
      extra = times(rank, (i) => choose.integer(0, Math.max(strides[i]!, dilations[i]!) - 1));
    const out = natural.map((n, i) => n - pairs[i]![0] - pairs[i]![1] + (extra?.[i] ?? 0));
    if (out.some((o) => o < 1)) return null;
    const sized = extra === undefined && (how === 'none' || how === 'list') && maybe(choose, 0.3);
    const groups = choose.of([1, 1, 1, 2, 3]);
    const [into, per] = [choose.integer(1, 5), choose.integer(1, 4)];
    const given = options({
      stride,
      padding: pad,
      outputPadding: extra,
      groups: groups > 1 ? groups : undefined,
      dilation,
      outputSize: sized ? out.map((o, i) => o + choose.integer(0, strides[i]! - 1)) : undefined,
    });
    const weight = t([into * groups, per, ...kernel]);
    return [t([batch(choose), into * groups, ...size]), weight, bias(choose, per * groups), given];
  };
}

function deformConv(choose: Choices): Arguments | null {
  const size = spatial(choose, 2, 1);
  const kernel = times(2, () => choose.integer(1, 3));
  const [stride, strides] = perAxis(choose, 2, 1, 3);
  const [dilation, dilations] = perAxis(choose, 2, 1, 2);
  const [pad, pads] = perAxis(choose, 2, 0, 3);
  const out = size.map((s, i) => {
    return Math.floor((s + 2 * pads[i]! - dilations[i]! * (kernel[i]! - 1) - 1) / strides[i]!) + 1;
  });
  if (Math.min(...out, ...size) < 1) return null;
  const [groups, parts, each, per] = times(4, () => choose.integer(1, 2)) as [number, number, number, number];
  const [n, taps] = [choose.of([1, 2]), kernel[0]! * kernel[1]!];
  const into = groups * parts * each;
  const mask = maybe(choose) ? t([n, parts * taps, ...out], '~') : undefined;
  return [
    t([n, into, ...size]),
    t([n, 2 * parts * taps, ...out], choose.of(['~', '+', ''])),
    t([groups * per, into / groups, ...kernel]),
    bias(choose, groups * per),
    options({ mask, stride, padding: pad, dilation }),
  ];
}

/** A pool's window that fits. */
function poolWindow(
  choose: Choices,
  rank: number,
  dilate = true,
  pad = true,
): Window & { readonly kernelOption: unknown } {
  for (;;) {
    const size = spatial(choose, rank);
    const [kernelOption, kernel] = perAxis(choose, rank, 1, choose.of([2, 3, 5]));
    const [stride, strides] = maybe(choose, 0.7) ? perAxis(choose, rank, 1, 4) : [undefined, kernel];
    const [dilation, dilations] =
      dilate && maybe(choose, 0.3) ? perAxis(choose, rank, 1, 3) : [undefined, kernel.map(() => 1)];
    const axes = { size, kernel, stride: strides, dilation: dilations };
    let [paddingOption, pairs] = pad
      ? padding(choose, RULES, 2, axes)
      : [undefined, size.map(() => [0, 0]) as Pairs];
    if (
      typeof paddingOption === 'number' ||
      (Array.isArray(paddingOption) && !Array.isArray(paddingOption[0]))
    ) {
      const halves = kernel.map((k, i) => Math.min(pairs[i]![0], k >> 1));
      [paddingOption, pairs] = [halves, halves.map((p) => [p, p])];
    }
    const ceilMode = maybe(choose, 0.3) ? maybe(choose, 0.7) : undefined;
    const window = {
      ...axes,
      pairs,
      options: options({ stride, padding: paddingOption, dilation, ceilMode }),
    };
    if (fits(window)) return { ...window, kernelOption };
  }
}

/** x of a pool: distinct values now and then, so that its gradient can be compared with differences. */
const pooled = (choose: Choices, size: readonly number[], kinds: readonly string[]): string =>
  t([batch(choose), choose.of([1, 2, 3, 5]), ...size], choose.of(kinds));

function extremum(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank);
    if (maybe(choose, 0.4)) given.returnIndices = maybe(choose, 0.8);
    return [pooled(choose, size, ['', '', '#', '#', ':uint8', ':int8']), kernelOption, given];
  };
}

function average(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank);
    if (maybe(choose, 0.4)) given.countIncludePad = maybe(choose);
    if (maybe(choose, 0.25)) given.divisorOverride = choose.of([1, 2, 7]);
    // A window without an element has no mean.
    if (given.countIncludePad === false && 'padding' in given) return null;
    return [pooled(choose, size, ['']), kernelOption, given];
  };
}

function sumPool(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank);
    return [pooled(choose, size, ['']), kernelOption, given];
  };
}

function lpPool(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank, true, false);
    if (maybe(choose, 0.3)) given.absolute = maybe(choose);
    return [pooled(choose, size, ['+']), choose.of([1, 2, 3, 1.5]), kernelOption, given];
  };
}

function adaptive(rank: number, kinds: readonly string[], indices: boolean): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 1).map((s) => Math.max(1, s));
    const output = maybe(choose, 0.3)
      ? choose.integer(1, 6)
      : size.map((s) => (maybe(choose, 0.2) ? null : choose.integer(1, s + 2)));
    const given = indices && maybe(choose) ? [{ returnIndices: maybe(choose, 0.8) }] : [];
    return [pooled(choose, size, kinds), output, ...given];
  };
}

function fractional(rank: number): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 3).map((s) => Math.max(s, 3));
    const [kernelOption, kernel] = perAxis(choose, rank, 1, 3);
    const outputSize = size.map((s, i) => choose.integer(1, Math.max(1, s - kernel[i]! - 1)));
    if (outputSize.some((o, i) => o + kernel[i]! > size[i]!)) return null;
    const [n, c] = [choose.of([1, 2]), choose.integer(1, 3)];
    const values = times(n * c * rank, () => Math.floor(choose.next() * 1000) / 1024);
    const given: Record<string, unknown> = { outputSize, randomSamples: { values, shape: [n, c, rank] } };
    if (maybe(choose)) given.returnIndices = maybe(choose, 0.8);
    return [t([n, c, ...size], '#'), kernelOption, given];
  };
}

function unpool(rank: number): Generator {
  return (choose) => {
    const kernel = times(rank, () => choose.integer(1, 3));
    const size = spatial(choose, rank, 1).map((s) => Math.max(1, s >> 1));
    const whole = size.reduce((product, s, i) => product * s * kernel[i]!, 1);
    const shape = [choose.of([1, 2]), choose.integer(1, 3), ...size];
    // Each position once in its plane: a multiple of what shares no factor with the plane.
    const plane = size.reduce((product, s) => product * s, 1);
    const start = choose.integer(0, whole - 1);
    const values = times(shape[0]! * shape[1]! * plane, (i) => (start + (i % plane)) % whole);
    return [t(shape), { values, shape, dtype: 'int32' }, kernel];
  };
}

function blocks(choose: Choices): (Window & { readonly padding: unknown; readonly pads: number[] }) | null {
  const size = spatial(choose, 2, 1);
  const [, kernel] = perAxis(choose, 2, 1, 4);
  const [stride, strides] = perAxis(choose, 2, 1, 3);
  const [dilation, dilations] = perAxis(choose, 2, 1, 3);
  const [pad, pads] = perAxis(choose, 2, 0, 3);
  const pairs = pads.map((p): [number, number] => [p, p]);
  const window = { size, kernel, stride: strides, dilation: dilations, pairs };
  const made = { ...window, options: { dilation, padding: pad, stride }, padding: pad, pads };
  return fits(made) && Math.min(...size) > 0 ? made : null;
}

function unfold(choose: Choices): Arguments | null {
  const window = blocks(choose);
  if (window === null) return null;
  return [t([batch(choose), choose.integer(1, 4), ...window.size]), window.kernel, window.options];
}

function fold(choose: Choices): Arguments | null {
  const window = blocks(choose);
  if (window === null) return null;
  const { size, kernel, stride, dilation, pads } = window;
  const out = size.map(
    (s, i) => Math.floor((s + 2 * pads[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1,
  );
  const x = t([choose.of([1, 2]), choose.integer(1, 3) * kernel[0]! * kernel[1]!, out[0]! * out[1]!]);
  return [x, size, kernel, window.options];
}

function pad(rank: number): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 1);
    const mode = choose.of([undefined, 'constant', 'reflect', 'replicate', 'circular']);
    const crops = mode === undefined || mode === 'constant';
    const widths = maybe(choose, 0.2)
      ? choose.integer(0, 3)
      : size.map(() => times(2, () => choose.integer(crops ? -2 : 0, 4)) as [number, number]);
    const pairs = typeof widths === 'number' ? size.map((): [number, number] => [widths, widths]) : widths;
    if (!padsFit(mode, size, pairs)) return null;
    if (size.some((s, i) => s + pairs[i]![0] + pairs[i]![1] < 1 || s + Math.min(...pairs[i]!) < 1))
      return null;
    const value = maybe(choose) ? choose.integer(-3, 3) : undefined;
    const dtype = choose.of(['', '', '', ':int32', ':int8']);
    return [t([batch(choose), choose.integer(1, 4), ...size], dtype), widths, options({ mode, value })];
  };
}

function interpolate(choose: Choices): Arguments | null {
  const mode = choose.of(['nearest', 'linear', 'bilinear', 'bicubic', 'trilinear']);
  const rank = { nearest: choose.integer(1, 3), linear: 1, bilinear: 2, bicubic: 2, trilinear: 3 }[
    mode
  ] as number;
  const size = spatial(choose, rank, 1).map((s) => Math.max(1, Math.min(s, 7)));
  const alignCorners = mode !== 'nearest' && maybe(choose) ? maybe(choose) : undefined;
  const x = t([choose.of([1, 2]), choose.integer(1, 3), ...size]);
  if (maybe(choose)) return [x, options({ size: perAxis(choose, rank, 1, 9)[0], mode, alignCorners })];
  // Powers of two: positions are exact.
  const factors = times(rank, () => choose.of([0.5, 1, 2, 1.5, 4]));
  if (factors.some((f, i) => Math.floor(f * size[i]!) < 1)) return null;
  return [x, options({ scaleFactor: factors, mode, alignCorners })];
}

function gridSample(choose: Choices): Arguments {
  const [n, size, out] = [choose.of([1, 2]), spatial(choose, 2, 1), times(2, () => choose.integer(1, 6))];
  const x = t([n, choose.integer(1, 3), ...size.map((s) => Math.max(1, s))]);
  const grid = t([n, ...out, 2], choose.of(['~', '+']));
  const mode = choose.of([undefined, 'bilinear', 'nearest', 'bicubic']);
  const paddingMode = choose.of([undefined, 'zeros', 'border', 'reflection']);
  return [x, grid, options({ mode, paddingMode, alignCorners: maybe(choose) ? maybe(choose) : undefined })];
}

function roiAlign(choose: Choices): Arguments {
  const [n, size] = [choose.integer(1, 3), spatial(choose, 2, 1).map((s) => Math.max(s, 1))];
  const scale = choose.of([undefined, 0.5, 0.25, 1]);
  const values = times(choose.integer(1, 4), () => {
    const corner = () => choose.integer(-16, 96) / 8 / (scale ?? 1);
    const [x, y] = [corner(), corner()];
    return [choose.integer(0, n - 1), x, y, x + choose.integer(1, 64) / 8, y + choose.integer(1, 64) / 8];
  });
  const given = options({
    outputSize: perAxis(choose, 2, 1, 4)[0],
    spatialScale: scale,
    samplingRatio: choose.of([undefined, -1, 1, 2, 3]),
    aligned: maybe(choose) ? maybe(choose) : undefined,
  });
  return [t([n, choose.integer(1, 3), ...size]), { values }, given];
}

function shuffle(op: 'pixelShuffle' | 'pixelUnshuffle' | 'channelShuffle'): Generator {
  return (choose) => {
    const [r, n, c] = [choose.integer(1, 4), batch(choose), choose.integer(1, 4)];
    const [h, w] = [choose.integer(1, 7), choose.integer(1, 9)];
    const square = op === 'pixelShuffle' ? r * r : op === 'channelShuffle' ? r : 1;
    const [rows, columns] = op === 'pixelUnshuffle' ? [h * r, w * r] : [h, w];
    return [t([n, c * square, rows, columns]), r];
  };
}

const DTYPES = ['', '', '', ':int32', ':uint8', ':int8'];
const anyShape = (choose: Choices, low = 1, high = 4): number[] =>
  times(choose.integer(low, high), () => choose.of([1, 2, 3, 4, 5, 6, 9, 0]));

const moving: Record<string, Generator> = {
  concat(choose) {
    const shape = anyShape(choose);
    const dim = choose.integer(-shape.length, shape.length - 1);
    const dtype = choose.of(DTYPES);
    const parts = times(choose.integer(1, 4), () => {
      const own = [...shape];
      own[dim < 0 ? dim + shape.length : dim] = choose.integer(0, 5);
      return t(own, dtype);
    });
    return [parts, dim];
  },
  split(choose) {
    const shape = anyShape(choose);
    const dim = choose.integer(-shape.length, shape.length - 1);
    const whole = shape[dim < 0 ? dim + shape.length : dim]!;
    const first = choose.integer(0, whole);
    const sizes = maybe(choose) && whole > 0 ? choose.integer(1, whole) : [first, whole - first];
    return [t(shape, choose.of(DTYPES)), sizes, dim];
  },
  slice(choose) {
    const shape = anyShape(choose);
    const starts = shape.map((s) => choose.integer(-s, s));
    const ends = shape.map((s) => choose.integer(-s, s + 1));
    const steps = shape.map(() => choose.integer(1, 3));
    return [t(shape, choose.of(DTYPES)), starts, ends, ...(maybe(choose) ? [{ steps }] : [])];
  },
  permute(choose) {
    const shape = anyShape(choose, 1, 5);
    const axes = shape.map((_, i) => i).sort(() => choose.next() - 0.5);
    return [t(shape, choose.of(DTYPES)), axes];
  },
  flatten(choose) {
    const shape = anyShape(choose);
    const start = choose.integer(0, shape.length - 1);
    return [t(shape), start, choose.integer(start, shape.length - 1)];
  },
};

/** Two shapes that broadcast. */
function broadcast(choose: Choices): [number[], number[]] {
  const shape = anyShape(choose);
  const thinned = () => shape.map((s) => (maybe(choose, 0.3) ? 1 : s));
  const [a, b] = maybe(choose, 0.3) ? [shape, shape] : [thinned(), thinned()];
  return [a.slice(maybe(choose, 0.2) ? choose.integer(0, a.length) : 0), b];
}

/** Arithmetic on integers that give exact results. */
const arithmetic: Generator = (choose) => {
  const [a, b] = broadcast(choose);
  if (maybe(choose, 0.2)) return [t(a), choose.integer(-3, 3)];
  return [t(a), t(b)];
};

const extremes: Generator = (choose) => {
  const [a, b] = broadcast(choose);
  const kind = choose.of(['', '#']);
  return [t(a, kind), t(b, kind)];
};

function reduction(kinds: readonly string[], lists = true): Generator {
  return (choose) => {
    const shape = times(choose.integer(1, 4), () => choose.integer(1, 7));
    const rank = shape.length;
    const dims = shape.map((_, i) => i).filter(() => maybe(choose));
    const dim = choose.of<unknown>([
      undefined,
      choose.integer(-rank, rank - 1),
      lists && dims.length > 0 ? dims : 0,
    ]);
    const keepDim = maybe(choose) ? maybe(choose) : undefined;
    return [t(shape, choose.of(kinds)), options({ dim, keepDim })];
  };
}

function matmul(choose: Choices): Arguments {
  const [m, k, n] = times(3, () => choose.integer(1, 9)) as [number, number, number];
  const [a, b] = choose.of<[number[], number[]]>([
    [[], []],
    [[2], [2]],
    [[3, 1], [2]],
    [[], [4]],
    [[2, 3], []],
  ]);
  return [t([...a, m, k]), t([...b, k, n])];
}

function linear(choose: Choices): Arguments {
  const [features, out] = [choose.integer(1, 19), choose.integer(1, 19)];
  const transposed = choose.of([undefined, false, true]);
  const weight = t(transposed === true ? [features, out] : [out, features]);
  return [t([...anyShape(choose, 0, 3), features]), weight, bias(choose, out), options({ transposed })];
}

const unary =
  (kinds: readonly string[]): Generator =>
  (choose) => [t(anyShape(choose), choose.of(kinds))];

function alongAxis(choose: Choices): Arguments {
  const shape = times(choose.integer(1, 4), () => choose.of([1, 2, 3, 5, 9, 17]));
  return [t(shape, choose.of(['~', '#'])), { dim: choose.integer(-shape.length, shape.length - 1) }];
}

function prelu(choose: Choices): Arguments {
  const shape = anyShape(choose, 2, 4);
  return [t(shape, '#'), t([choose.of([1, shape[1]!])], '#')];
}

/** Images for a normalisation, with as many values together as keep its gradient from cancelling. */
const images = (choose: Choices, c: number): number[] => [
  choose.integer(1, 3),
  c,
  ...times(choose.integer(1, 3), () => choose.integer(3, 6)),
];

const scaleAndShift = (choose: Choices, shape: readonly number[]): (string | null)[] => [
  maybe(choose, 0.7) ? t(shape, '+') : null,
  maybe(choose, 0.7) ? t(shape, '~') : null,
];

const epsilon = (choose: Choices): Record<string, unknown> =>
  options({ eps: choose.of([undefined, 1e-3, 0.1]) });

const normalization: Record<string, Generator> = {
  batchNorm(choose) {
    const c = choose.integer(1, 5);
    const given = { ...epsilon(choose), ...options({ training: maybe(choose) ? maybe(choose) : undefined }) };
    return [t(images(choose, c), '~'), t([c], '~'), t([c], '+'), ...scaleAndShift(choose, [c]), given];
  },
  groupNorm(choose) {
    const [groups, each] = [choose.integer(1, 3), choose.integer(1, 3)];
    const c = groups * each;
    return [t(images(choose, c), '~'), groups, ...scaleAndShift(choose, [c]), epsilon(choose)];
  },
  instanceNorm(choose) {
    const c = choose.integer(1, 4);
    return [t([...images(choose, c), 3], '~'), ...scaleAndShift(choose, [c]), epsilon(choose)];
  },
  layerNorm(choose) {
    const shape = times(choose.integer(2, 4), () => choose.integer(3, 6));
    const normal = shape.slice(choose.integer(1, shape.length - 1));
    return [t(shape, '~'), normal, ...scaleAndShift(choose, normal), epsilon(choose)];
  },
  localResponseNorm(choose) {
    const given = options({
      alpha: choose.of([undefined, 0.1, 1]),
      beta: choose.of([undefined, 0.5, 1, 0.6]),
    });
    return [t(images(choose, choose.integer(1, 9)), choose.of(['~', '#'])), choose.integer(1, 6), given];
  },
};

const ACTIVATIONS =
  'relu relu6 leakyRelu elu selu gelu silu mish softplus sigmoid tanh hardSwish hardSigmoid abs neg';

function overRanks(name: string, make: (rank: number) => Generator): Record<string, Generator> {
  return Object.fromEntries(RANKS.map((rank) => [`${name}${rank}d`, make(rank)]));
}

/** operator -> its generator. */
export const randomProblems: Readonly<Record<string, Generator>> = {
  ...overRanks('conv', conv),
  ...overRanks('convTranspose', convTranspose),
  ...overRanks('separableConv', separable),
  spatialSeparableConv2d: spatialSeparable,
  deformConv2d: deformConv,
  ...overRanks('maxPool', extremum),
  ...overRanks('minPool', extremum),
  ...overRanks('avgPool', average),
  ...overRanks('sumPool', sumPool),
  ...overRanks('lpPool', lpPool),
  ...overRanks('adaptiveAvgPool', (rank) => adaptive(rank, [''], false)),
  ...overRanks('adaptiveMaxPool', (rank) => adaptive(rank, ['', '#'], true)),
  globalAvgPool: (choose) => [
    pooled(
      choose,
      spatial(choose, choose.integer(1, 3), 1).map((s) => Math.max(1, s)),
      [''],
    ),
  ],
  globalMaxPool: (choose) => [
    pooled(
      choose,
      spatial(choose, choose.integer(1, 3), 1).map((s) => Math.max(1, s)),
      ['#'],
    ),
  ],
  fractionalMaxPool2d: fractional(2),
  fractionalMaxPool3d: fractional(3),
  ...overRanks('maxUnpool', unpool),
  unfold,
  fold,
  ...overRanks('pad', pad),
  interpolate,
  gridSample,
  roiAlign,
  pixelShuffle: shuffle('pixelShuffle'),
  pixelUnshuffle: shuffle('pixelUnshuffle'),
  channelShuffle: shuffle('channelShuffle'),
  ...moving,
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  maximum: extremes,
  minimum: extremes,
  sum: reduction(['']),
  mean: reduction(['+']),
  max: reduction(['#', '']),
  min: reduction(['#', '']),
  argMax: reduction(['#', ''], false),
  matmul,
  linear,
  ...Object.fromEntries(ACTIVATIONS.split(' ').map((op) => [op, unary(['~', '#'])])),
  exp: unary(['~']),
  log: unary(['+']),
  sqrt: unary(['+']),
  prelu,
  softmax: alongAxis,
  logSoftmax: alongAxis,
  ...normalization,
};

/** Values that no option takes, or few do. */
const SPOILERS: readonly unknown[] = [
  -1,
  0,
  0.5,
  2 ** 31,
  2 ** 31 - 1,
  2 ** 32,
  65536,
  -(2 ** 31),
  'x',
  'same',
  '',
  null,
  true,
  [],
  [1],
  [1, 2, 3, 4],
  [-1, -1],
  [[1, 2]],
  [
    [0, 0],
    [0, 0],
  ],
  {},
  [0.5],
  ['x'],
  1e300,
];
const TENSORS = [
  'scalar',
  '3',
  '1x1',
  '2x3x4',
  '1x2x3x4',
  '1x1x2x2x2',
  '0x1x1x1',
  '1x0x3x3',
  '2x2:int32',
  '1x2x3x3:uint8',
];

/** The arguments with something in them that is likely wrong. */
export function spoil(choose: Choices, args: Arguments): Arguments {
  const spoiled = structuredClone(args);
  const last = spoiled[spoiled.length - 1];
  const hasOptions = typeof last === 'object' && last !== null && !Array.isArray(last) && !('values' in last);
  const given = (hasOptions ? last : null) as Record<string, unknown> | null;
  const keys = Object.keys(given ?? {});
  const how = choose.integer(0, 4);
  if (how < 2 && given !== null && keys.length > 0) given[choose.of(keys)] = choose.of(SPOILERS);
  else if (how < 3) {
    const at = choose.integer(0, spoiled.length - 1);
    const tensor = typeof args[at] === 'string';
    spoiled[at] = tensor && maybe(choose, 0.7) ? choose.of(TENSORS) : choose.of(SPOILERS);
  } else if (how === 3) {
    if (given !== null) given[choose.of(['strides', 'Padding', 'mode', 'value', 'x'])] = choose.of(SPOILERS);
    else spoiled.push(choose.of(SPOILERS));
  } else spoiled.splice(choose.integer(0, spoiled.length - 1), 1);
  return spoiled;
}
