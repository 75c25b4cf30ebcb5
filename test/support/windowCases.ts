/** Calls of operators whose outputs see their input through a window, and operators that have none, by reason. */
import * as striate from 'striate';
import { full, type Padding, type Tensor } from 'striate';

export interface WindowCase {
  readonly op: string;
  readonly title: string;
  readonly x: readonly number[];
  /** Shapes of the other tensors. */
  readonly rest?: readonly (readonly number[])[];
  readonly call: (x: Tensor, ...rest: Tensor[]) => Tensor;
  /** The spatial sizes of x and of the output, where they are not the last axes' of their shapes. */
  readonly from?: readonly number[];
  readonly into?: readonly number[];
  /** Which element of a window is the one that counts. */
  readonly extremum?: 'max' | 'min';
  /** Rounding up leaves open which of two elements it is. */
  readonly loose?: true;
}

/** The operators of these cases, by name. */
const operators = striate as unknown as Record<string, (...args: unknown[]) => Tensor>;

const RANKS = [1, 2, 3] as const;
const SIZES = { 1: [11], 2: [9, 7], 3: [5, 7, 6] } as const;

interface Windowed {
  readonly kernel: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly padding?: Padding;
}

/** Kernels with their options, of so many axes. */
function windows(rank: number): Windowed[] {
  const cut = <T>(list: readonly T[]) => list.slice(0, rank);
  return [
    { kernel: cut([3, 3, 3]) },
    { kernel: cut([3, 2, 2]), stride: cut([2, 3, 1]), padding: cut([1, 1, 1]) },
    { kernel: cut([2, 3, 2]), stride: cut([1, 2, 3]), dilation: cut([3, 1, 2]), padding: cut([1, 0, 1]) },
    {
      kernel: cut([2, 3, 1]),
      stride: cut([2, 1, 1]),
      padding: cut([
        [0, 1],
        [1, 2],
        [0, 0],
      ] as [number, number][]),
    },
    { kernel: cut([4, 3, 2]), stride: cut([3, 2, 2]), dilation: cut([1, 2, 1]), padding: 'same' },
    { kernel: cut([2, 4, 3]), stride: cut([1, 1, 1]), padding: 'same-lower' },
  ];
}

const rankOf = (op: string) => Number(op.at(-2));
const spatial = (rank: number): readonly number[] => SIZES[rank as 1 | 2 | 3];
const described = (...what: unknown[]) => JSON.stringify(what);

function pools(): WindowCase[] {
  return RANKS.flatMap((rank) =>
    ['max', 'min', 'avg', 'sum', 'lp'].flatMap((kind): WindowCase[] => {
      const op = `${kind}Pool${rank}d`;
      const extremum = kind === 'max' || kind === 'min' ? kind : undefined;
      const options = [...windows(rank).map((one) => ({ ...one, stride: one.stride ?? 1 })), ...ceiled(rank)];
      return options.map(({ kernel, ...more }) => ({
        op,
        title: described(kernel, more),
        x: extremum ? [product(spatial(rank)), 1, ...spatial(rank)] : [1, 2, ...spatial(rank)],
        call: (x) => operators[op]!(x, ...(kind === 'lp' ? [2] : []), kernel, more),
        ...(extremum && { extremum }),
      }));
    }),
  );
}

const ceiled = (rank: number) => [
  { kernel: [3, 2, 2].slice(0, rank), stride: [3, 2, 3].slice(0, rank), ceilMode: true },
];

export const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

function adaptivePools(): WindowCase[] {
  const sizes = {
    1: [[3], [4], [17]],
    2: [
      [4, 5],
      [2, 11],
      [1, 7],
    ],
    3: [
      [3, 4, 4],
      [7, 2, 1],
    ],
  } as const;
  const adaptive = ['Avg', 'Max'].flatMap((kind) =>
    RANKS.flatMap((rank) =>
      sizes[rank].map((size): WindowCase => {
        const op = `adaptive${kind}Pool${rank}d`;
        return { op, title: described(size), call: (x) => operators[op]!(x, size), ...filled(kind, rank) };
      }),
    ),
  );
  const global = ['Avg', 'Max'].flatMap((kind) =>
    RANKS.map((rank): WindowCase => {
      const op = `global${kind}Pool`;
      return { op, title: `rank ${rank}`, call: (x) => operators[op]!(x), ...filled(kind, rank) };
    }),
  );
  return [...adaptive, ...global];
}

/** x for a mean, or, one image for each of its elements, for a maximum. */
function filled(kind: string, rank: number): Pick<WindowCase, 'x' | 'extremum'> {
  const sizes = spatial(rank);
  return kind === 'Max' ? { x: [product(sizes), 1, ...sizes], extremum: 'max' } : { x: [1, 2, ...sizes] };
}

function fractionalPools(): WindowCase[] {
  const sizes = { 2: [5, 3], 3: [2, 4, 3] } as const;
  return ([2, 3] as const).flatMap((rank) =>
    [0, 0.35, 0.8, 1].map((sample): WindowCase => {
      const op = `fractionalMaxPool${rank}d`;
      const kernel = [2, 3, 2].slice(0, rank);
      const x = filled('Max', rank);
      const draw = () => ({ outputSize: sizes[rank], randomSamples: full([x.x[0]!, 1, rank], sample) });
      return { op, title: `samples of ${sample}`, call: (x) => operators[op]!(x, kernel, draw()), ...x };
    }),
  );
}

function pads(): WindowCase[] {
  const widths = [
    [1, 2],
    [-2, 3],
    [2, -1],
  ];
  return RANKS.flatMap((rank) =>
    (['constant', 'replicate'] as const).flatMap((mode) =>
      [widths, [...widths].reverse()].map((order): WindowCase => {
        const [op, pairs] = [`pad${rank}d`, order.slice(0, rank)];
        const title = described(mode, pairs);
        return { op, title, x: [1, 2, ...spatial(rank)], call: (x) => operators[op]!(x, pairs, { mode }) };
      }),
    ),
  );
}

function resamplings(): WindowCase[] {
  const modes = { 1: ['linear'], 2: ['bilinear', 'bicubic'], 3: ['trilinear'] } as const;
  const scales = {
    1: [{ size: [25] }, { size: [5] }, { size: [1] }, { scaleFactor: 2 }, { scaleFactor: 1.7 }],
    2: [{ size: [21, 3] }, { size: [4, 7] }, { scaleFactor: [0.6, 3] }, { scaleFactor: 2 }],
    3: [{ size: [8, 3, 6] }, { size: [2, 15, 7] }, { scaleFactor: [2, 0.5, 1.3] }],
  } as const;
  const kinds = RANKS.flatMap((rank) => [
    ...modes[rank].flatMap((mode) => [
      ...[{}, { alignCorners: true }, { coordinates: 'asymmetric' }].map((how) => ({ rank, mode, ...how })),
      { rank, mode, coordinates: 'pytorch-half-pixel' },
    ]),
    { rank, mode: 'nearest' },
    { rank, mode: 'nearest', coordinates: 'align-corners', rounding: 'ceil' },
    { rank, mode: 'nearest', coordinates: 'half-pixel', rounding: 'round-prefer-floor' },
    { rank, mode: 'nearest', coordinates: 'half-pixel', rounding: 'round-prefer-ceil' },
  ]);
  return kinds.flatMap(({ rank, ...how }) =>
    scales[rank].map((scale): WindowCase => {
      const options = { ...how, ...scale };
      const up = 'rounding' in how && how.rounding !== 'round-prefer-ceil';
      return {
        op: 'interpolate',
        title: described(options),
        x: [1, 1, ...spatial(rank)],
        call: (x) => operators.interpolate!(x, options),
        ...(up && { loose: true }),
      };
    }),
  );
}

function shuffles(): WindowCase[] {
  return [2, 3].flatMap((r): WindowCase[] => [
    { op: 'pixelShuffle', title: `${r}`, x: [1, 2 * r * r, 5, 4], call: (x) => striate.pixelShuffle(x, r) },
    { op: 'pixelUnshuffle', title: `${r}`, x: [2, 5 * r, 4 * r], call: (x) => striate.pixelUnshuffle(x, r) },
  ]);
}

function convolutions(): WindowCase[] {
  const weights = (op: string, kernel: readonly number[]) =>
    op.startsWith('sep')
      ? [
          [4, 1, ...kernel],
          [3, 4, ...kernel.map(() => 1)],
        ]
      : [[2, 2, ...kernel]];
  return ['conv1d', 'conv2d', 'conv3d', 'separableConv1d', 'separableConv2d', 'separableConv3d'].flatMap(
    (op) =>
      windows(rankOf(op)).map(
        ({ kernel, ...options }): WindowCase => ({
          op,
          title: described(kernel, options),
          x: [1, 2, ...spatial(rankOf(op))],
          rest: weights(op, kernel),
          call: (x, ...given) => operators[op]!(x, ...given, null, options),
        }),
      ),
  );
}

function spatialSeparables(): WindowCase[] {
  return windows(2).map(
    ({ kernel, ...options }): WindowCase => ({
      op: 'spatialSeparableConv2d',
      title: described(kernel, options),
      x: [1, 2, ...spatial(2)],
      rest: [
        [2, 1, kernel[0]!, 1],
        [2, 1, 1, kernel[1]!],
      ],
      call: (x, ...given) => operators.spatialSeparableConv2d!(x, ...given, null, options),
    }),
  );
}

function transposed(): WindowCase[] {
  const options = (rank: number) => {
    const cut = (list: readonly number[]) => list.slice(0, rank);
    return [
      { kernel: cut([3, 3, 3]) },
      {
        kernel: cut([3, 2, 4]),
        stride: cut([2, 3, 2]),
        padding: cut([1, 0, 1]),
        outputPadding: cut([1, 2, 0]),
      },
      { kernel: cut([2, 3, 2]), stride: cut([3, 1, 2]), dilation: cut([2, 2, 1]), padding: cut([1, 2, 0]) },
      { kernel: cut([3, 4, 2]), stride: cut([2, 2, 1]), padding: 'same' as const },
    ];
  };
  return RANKS.flatMap((rank) =>
    options(rank).map(({ kernel, ...more }): WindowCase => {
      const op = `convTranspose${rank}d`;
      const sizes = spatial(rank).map((size) => Math.ceil(size / 2));
      return {
        op,
        title: described(kernel, more),
        x: [1, 2, ...sizes],
        rest: [[2, 2, ...kernel]],
        call: (x, weight) => operators[op]!(x, weight, null, more),
      };
    }),
  );
}

/** Columns of windows: the one axis of them stands for the windows' grid. */
function columns(): WindowCase[] {
  const x = spatial(2);
  return windows(2)
    .filter(({ padding = 0 }) => typeof padding !== 'string' && !(padding as unknown[]).some?.(Array.isArray))
    .flatMap(({ kernel, ...options }): WindowCase[] => {
      const grid = x.map((size, axis) => {
        const [padding, stride, dilation] = [
          options.padding as number[],
          options.stride,
          options.dilation,
        ].map((list, i) => list?.[axis] ?? (i === 0 ? 0 : 1)) as [number, number, number];
        return Math.floor((size + 2 * padding - dilation * (kernel[axis]! - 1) - 1) / stride) + 1;
      });
      const title = described(kernel, options);
      const folded = [1, product(kernel), product(grid)];
      return [
        { op: 'unfold', title, x: [1, 2, ...x], into: grid, call: (t) => striate.unfold(t, kernel, options) },
        { op: 'fold', title, x: folded, from: grid, call: (t) => striate.fold(t, [...x], kernel, options) },
      ];
    });
}

export const WINDOW_CASES: readonly WindowCase[] = [
  ...[...pools(), ...adaptivePools(), ...fractionalPools()],
  ...[...pads(), ...resamplings(), ...shuffles()],
  ...[...convolutions(), ...spatialSeparables(), ...transposed(), ...columns()],
];

const ranked = (...names: string[]) => names.flatMap((name) => RANKS.map((rank) => `${name}${rank}d`));

/** The operators whose nodes must have a window. */
export const MUST_HAVE: readonly string[] = [
  ...ranked('maxPool', 'minPool', 'avgPool', 'sumPool', 'lpPool', 'adaptiveAvgPool', 'adaptiveMaxPool'),
  ...['globalAvgPool', 'globalMaxPool', 'fractionalMaxPool2d', 'fractionalMaxPool3d'],
  ...[...ranked('pad', 'conv', 'convTranspose', 'separableConv'), 'spatialSeparableConv2d', 'unfold', 'fold'],
  ...['interpolate', 'pixelShuffle', 'pixelUnshuffle'],
];

/** What an operator of these families does to spatial axes is a window, or there is a reason why it has none. */
export const FAMILIES = ['Convolution', 'Pooling', 'Resampling', 'Moving values'];

/** Their operators without one, and why. */
export const WITHOUT: readonly (readonly [reason: string, names: readonly string[]])[] = [
  [
    'where it reads or writes is said by another tensor',
    ['gridSample', 'roiAlign', 'roiPool', 'deformConv2d', ...ranked('maxUnpool')],
  ],
  ['of other channels it sees what lies at its own place', ['channelShuffle']],
  [
    'it moves elements along any axis, and knows of none that is spatial',
    [
      ...['concat', 'stack', 'slice', 'split', 'permute', 'flatten', 'reshape', 'squeeze', 'unsqueeze'],
      ...['expand', 'tile', 'triu', 'tril'],
    ],
  ],
];
