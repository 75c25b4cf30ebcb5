/** Instructions and the numbers in their words. Written by crates/wasm/tests/table.rs when kernels are built: change the Rust side. */

/** Instructions. */
export const OP = {
  accumulate: 0,
  affine: 1,
  antialias: 2,
  binary: 3,
  cast: 4,
  choose: 5,
  compare: 6,
  conv: 7,
  convPack: 8,
  convWeightGradient: 9,
  copy: 10,
  crossEntropy: 11,
  crossEntropyGradient: 12,
  cumulate: 13,
  deform: 14,
  deformGradient: 15,
  dropout: 16,
  fill: 17,
  gridSample: 18,
  gridSampleGradient: 19,
  interleave: 20,
  loss: 21,
  lossGradient: 22,
  normSums: 23,
  blend: 24,
  picture: 25,
  pool: 26,
  poolGradient: 27,
  quantize: 28,
  dequantize: 29,
  quantizedBinary: 30,
  quantizedConv: 31,
  quantizedPack: 32,
  dynamicEnds: 33,
  dynamicWindow: 34,
  quantizedPeak: 35,
  quantizedPool: 36,
  quantizedTable: 37,
  random: 38,
  recurrent: 39,
  reduce: 40,
  resample: 41,
  roiAlign: 42,
  roiAlignGradient: 43,
  roiMax: 44,
  roiMaxGradient: 45,
  scatter: 46,
  gather: 47,
  select: 48,
  put: 49,
  softmax: 50,
  sort: 51,
  stats: 52,
  suppress: 53,
  triangle: 54,
  unary: 55,
  unaryGradient: 56,
  update: 57,
} as const;

/** The most axes of a strided walk. */
export const MAX_AXES = 8;

/** The base of an operand that is absent. */
export const ABSENT = 4294967295;

/** Algorithms of a convolution; 0 leaves it to the plan. */
export const ALGORITHM = {
  pointwise: 1,
  depthwise: 2,
  winograd: 3,
  direct: 4,
  gemm: 5,
} as const;

/** Those of bytes. */
export const BYTES = {
  bytes: 6,
  'bytes-depthwise': 7,
  'bytes-3x3': 8,
} as const;

/** Functions of one number. */
export const ACTIVATION = {
  none: 0,
  relu: 1,
  clip: 2,
  leakyRelu: 3,
  prelu: 4,
  sigmoid: 5,
  tanh: 6,
  hardSigmoid: 7,
  hardSwish: 8,
  silu: 9,
  elu: 10,
  selu: 11,
  gelu: 12,
  mish: 13,
  softplus: 14,
  exp: 15,
  log: 16,
  sqrt: 17,
  abs: 18,
  neg: 19,
  floor: 20,
  ceil: 21,
  round: 22,
  sign: 23,
  erf: 24,
  sin: 25,
  cos: 26,
  tan: 27,
  reciprocal: 28,
  sinh: 29,
  cosh: 30,
  asin: 31,
  acos: 32,
  atan: 33,
  asinh: 34,
  acosh: 35,
  atanh: 36,
  inside: 37,
} as const;

/** Functions of two numbers. */
export const BINARY = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  max: 5,
  min: 6,
  prelu: 7,
  above: 8,
  masked: 9,
  powerSlope: 10,
  powerGrowth: 11,
  preluSlope: 12,
  bitAnd: 13,
  bitOr: 14,
  bitXor: 15,
  shiftLeft: 16,
  shiftRight: 17,
} as const;

/** Comparisons of two numbers. */
export const COMPARE = {
  equal: 0,
  notEqual: 1,
  greater: 2,
  greaterEqual: 3,
  and: 4,
  or: 5,
  xor: 6,
  nor: 7,
} as const;

/** Reductions of axes. */
export const REDUCE = {
  sum: 0,
  max: 1,
  min: 2,
  argMax: 3,
  argMin: 4,
} as const;

/** Losses, element by element. */
export const LOSS = {
  mse: 0,
  l1: 1,
  huber: 2,
  binaryCrossEntropy: 3,
  binaryCrossEntropyWithLogits: 4,
  klDiv: 5,
  klDivOfLogarithm: 6,
} as const;

/** Reductions of windows. */
export const POOL = {
  max: 0,
  min: 1,
  average: 2,
  sum: 3,
  lp: 4,
  lpAbsolute: 5,
} as const;

/** What sums of products of bytes become. */
export const SUMS = {
  bytes: 0,
  scaled: 1,
  floats: 2,
  rectified: 3,
  integers: 4,
} as const;

/** Operations on two quantised numbers. */
export const QUANTIZED_OPERATION = {
  add: 0,
  mul: 1,
} as const;

/** Reductions of windows of quantised numbers. */
export const QUANTIZED_REDUCTION = {
  max: 0,
  average: 1,
  averageWithPadding: 2,
} as const;

/** Where windows lie. */
export const PLACING = {
  regular: 0,
  adaptive: 1,
  fractional: 2,
} as const;

/** How padding is given, by number. */
export const PADDINGS = ['explicit', 'same', 'same-lower', 'valid', 'full'] as const;

/** Bits of the rules for a window's size beyond a convolution's. */
export const RULE = {
  ceil: 1,
  pooling: 2,
  transposed: 4,
  sized: 8,
} as const;

/** Kernels of resampling. */
export const KERNEL = {
  nearest: 0,
  linear: 1,
  cubic: 2,
} as const;

/** Roundings of a nearest position, by number. */
export const ROUNDINGS = ['floor', 'ceil', 'round-prefer-floor', 'round-prefer-ceil'] as const;

/** How a grid samples, by number. */
export const GRID_MODES = ['bilinear', 'nearest', 'bicubic'] as const;

/** What lies outside of a sampled plane, by number. */
export const GRID_PADDINGS = ['zeros', 'border', 'reflection'] as const;

/** Random numbers. */
export const DISTRIBUTION = {
  uniform: 0,
  normal: 1,
} as const;

/** How values are scattered. */
export const WRITING = {
  assign: 0,
  add: 1,
} as const;

/** What is made of a value and of what is in its place. */
export const JOINING = {
  assign: 0,
  add: 1,
  multiply: 2,
  max: 3,
  min: 4,
} as const;

/** What an index outside is. */
export const OUTSIDE = {
  fault: 0,
  skip: 1,
  class: 2,
} as const;

/** What a deformable convolution's gradient is of. */
export const DEFORM_GRADIENT = {
  weights: 0,
  input: 1,
  offsets: 2,
} as const;

/** Rules of optimisers. */
export const UPDATE = {
  sgd: 0,
  nesterov: 1,
  adam: 2,
  adamW: 3,
  rmsProp: 4,
} as const;

/** The memory that instructions read and write; what may be left out may be null. */
export interface Operands<B> {
  accumulate: {
    readonly x: B;
    readonly y: B;
  };
  affine: {
    readonly x: B;
    readonly center?: B | null | undefined;
    readonly scale: B;
    readonly shift?: B | null | undefined;
    readonly residual?: B | null | undefined;
    readonly y: B;
  };
  antialias: {
    readonly x: B;
    readonly y: B;
  };
  binary: {
    readonly a: B;
    readonly b: B;
    readonly y: B;
  };
  cast: {
    readonly x: B;
    readonly y: B;
  };
  choose: {
    readonly c: B;
    readonly a: B;
    readonly b: B;
    readonly y: B;
  };
  compare: {
    readonly a: B;
    readonly b: B;
    readonly y: B;
  };
  conv: {
    readonly x: B;
    readonly weights: B;
    readonly bias?: B | null | undefined;
    readonly residual?: B | null | undefined;
    readonly slope?: B | null | undefined;
    readonly y: B;
  };
  convPack: {
    readonly weights: B;
    readonly packed: B;
  };
  convWeightGradient: {
    readonly dy: B;
    readonly x: B;
    readonly dw: B;
  };
  copy: {
    readonly x: B;
    readonly y: B;
  };
  crossEntropy: {
    readonly x: B;
    readonly target: B;
    readonly weight?: B | null | undefined;
    readonly y: B;
    readonly share?: B | null | undefined;
    readonly state?: B | null | undefined;
  };
  crossEntropyGradient: {
    readonly dy: B;
    readonly x: B;
    readonly target: B;
    readonly weight?: B | null | undefined;
    readonly state?: B | null | undefined;
    readonly total?: B | null | undefined;
    readonly d: B;
  };
  cumulate: {
    readonly x: B;
    readonly y: B;
  };
  deform: {
    readonly x: B;
    readonly offset: B;
    readonly mask?: B | null | undefined;
    readonly weights: B;
    readonly bias?: B | null | undefined;
    readonly y: B;
  };
  deformGradient: {
    readonly x?: B | null | undefined;
    readonly offset: B;
    readonly mask?: B | null | undefined;
    readonly dy: B;
    readonly weights?: B | null | undefined;
    readonly gradient?: B | null | undefined;
    readonly maskGradient?: B | null | undefined;
  };
  dropout: {
    readonly x: B;
    readonly state: B;
    readonly y: B;
  };
  fill: {
    readonly y: B;
  };
  gridSample: {
    readonly x: B;
    readonly grid: B;
    readonly y: B;
  };
  gridSampleGradient: {
    readonly x: B;
    readonly grid: B;
    readonly dy: B;
    readonly dx?: B | null | undefined;
    readonly dgrid?: B | null | undefined;
  };
  interleave: {
    readonly x: B;
    readonly y: B;
  };
  loss: {
    readonly x: B;
    readonly target: B;
    readonly weight?: B | null | undefined;
    readonly positive?: B | null | undefined;
    readonly y: B;
  };
  lossGradient: {
    readonly dy: B;
    readonly x: B;
    readonly target: B;
    readonly weight?: B | null | undefined;
    readonly positive?: B | null | undefined;
    readonly d: B;
  };
  normSums: {
    readonly dy: B;
    readonly x: B;
    readonly center: B;
    readonly out?: B | null | undefined;
    readonly sum: B;
    readonly product: B;
  };
  blend: {
    readonly a: B;
    readonly p: B;
    readonly b: B;
    readonly center: B;
    readonly q: B;
    readonly shift: B;
    readonly out?: B | null | undefined;
    readonly d: B;
  };
  picture: {
    readonly x: B;
    readonly columns: B;
    readonly rows: B;
    readonly band: B;
    readonly y: B;
  };
  pool: {
    readonly x: B;
    readonly samples?: B | null | undefined;
    readonly y: B;
    readonly indices?: B | null | undefined;
  };
  poolGradient: {
    readonly dy: B;
    readonly x?: B | null | undefined;
    readonly y?: B | null | undefined;
    readonly dx: B;
  };
  quantize: {
    readonly x: B;
    readonly steps: B;
    readonly zeros?: B | null | undefined;
    readonly y: B;
  };
  dequantize: {
    readonly x: B;
    readonly steps: B;
    readonly zeros?: B | null | undefined;
    readonly y: B;
  };
  quantizedBinary: {
    readonly a: B;
    readonly b: B;
    readonly y: B;
  };
  quantizedConv: {
    readonly x: B;
    readonly weights: B;
    readonly sums: B;
    readonly scale: B;
    readonly other?: B | null | undefined;
    readonly y: B;
  };
  quantizedPack: {
    readonly weights: B;
    readonly steps: B;
    readonly bias?: B | null | undefined;
    readonly packed: B;
    readonly sums: B;
    readonly scale: B;
  };
  dynamicEnds: {
    readonly sums: B;
    readonly shifts: B;
    readonly zero?: B | null | undefined;
    readonly scale?: B | null | undefined;
    readonly bias?: B | null | undefined;
    readonly ends: B;
    readonly scales: B;
    readonly zeros: B;
  };
  dynamicWindow: {
    readonly x: B;
    readonly zeros: B;
    readonly y: B;
  };
  quantizedPeak: {
    readonly y: B;
  };
  quantizedPool: {
    readonly x: B;
    readonly y: B;
  };
  quantizedTable: {
    readonly x: B;
    readonly table: B;
    readonly y: B;
  };
  random: {
    readonly state: B;
    readonly y: B;
  };
  recurrent: {
    readonly p: B;
    readonly weights: B;
    readonly extra?: B | null | undefined;
    readonly lengths?: B | null | undefined;
    readonly state: B;
    readonly y: B;
    readonly last: B;
  };
  reduce: {
    readonly x: B;
    readonly y: B;
  };
  resample: {
    readonly x: B;
    readonly y: B;
  };
  roiAlign: {
    readonly x: B;
    readonly boxes: B;
    readonly y: B;
  };
  roiAlignGradient: {
    readonly boxes: B;
    readonly dy: B;
    readonly dx: B;
  };
  roiMax: {
    readonly x: B;
    readonly boxes: B;
    readonly y: B;
  };
  roiMaxGradient: {
    readonly x: B;
    readonly boxes: B;
    readonly dy: B;
    readonly dx: B;
  };
  scatter: {
    readonly x: B;
    readonly indices: B;
    readonly y: B;
  };
  gather: {
    readonly x: B;
    readonly indices: B;
    readonly y: B;
  };
  select: {
    readonly x: B;
    readonly indices: B;
    readonly y: B;
  };
  put: {
    readonly x: B;
    readonly indices: B;
    readonly y: B;
  };
  softmax: {
    readonly x: B;
    readonly y: B;
  };
  sort: {
    readonly x: B;
    readonly y: B;
    readonly indices: B;
  };
  stats: {
    readonly x: B;
    readonly mean: B;
    readonly variance: B;
  };
  suppress: {
    readonly boxes: B;
    readonly scores: B;
    readonly classes?: B | null | undefined;
    readonly kept: B;
    readonly found: B;
  };
  triangle: {
    readonly x: B;
    readonly y: B;
  };
  unary: {
    readonly x: B;
    readonly y: B;
  };
  unaryGradient: {
    readonly dy: B;
    readonly v: B;
    readonly dx: B;
  };
  update: {
    readonly rates: B;
    readonly gradient: B;
    readonly scale?: B | null | undefined;
    readonly guard?: B | null | undefined;
    readonly parameter: B;
    readonly first?: B | null | undefined;
    readonly second?: B | null | undefined;
    readonly third?: B | null | undefined;
  };
}
