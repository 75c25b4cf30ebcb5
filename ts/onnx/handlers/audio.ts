/**
 * What stands before networks that hear: windows, filters by pitch, and Fourier transforms. A transform is a product with a
 * constant matrix; a long one is taken apart into shorter ones (Cooley and Tukey, 1965), whose turning in between is in
 * their matrices. That of frames is a convolution.
 */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { mul } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import { slice } from '../../ops/concat.ts';
import { conv1d } from '../../ops/convolution.ts';
import { tensor } from '../../ops/create.ts';
import { matmul } from '../../ops/matmul.ts';
import { permute } from '../../ops/permute.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { int, optional, value } from '../row.ts';
import { dtypeOf, typeName } from '../weights.ts';
import { padAxes } from './constant.ts';

/** Matrices of more elements are refused. */
const MAX_ELEMENTS = 1 << 24;
/** A length up to this is one product. */
const MAX_DIRECT = 256;
/** The length that is split off a longer one, at most. */
const MAX_SPLIT = 32;

const WINDOW = { output_datatype: int(1), periodic: int(1) };
const MEL_INPUTS = ['num_mel_bins', 'dft_length', 'sample_rate', 'lower_edge_hertz', 'upper_edge_hertz'];

export const audio: Handlers = {
  HannWindow: windowOf([0.5, -0.5]),
  HammingWindow: windowOf([25 / 46, -21 / 46]),
  BlackmanWindow: windowOf([0.42, -0.5, 0.08]),
  MelWeightMatrix: {
    since: 17,
    inputs: MEL_INPUTS.map(value),
    attributes: { output_datatype: int(1) },
    build: buildMel,
  },
  DFT: [
    {
      since: 17,
      inputs: ['input', optional(value('dft_length'))],
      attributes: { axis: int(1), inverse: int(0), onesided: int(0) },
      build: (call) => buildTransform(call, call.int('axis')),
    },
    {
      since: 20,
      inputs: ['input', optional(value('dft_length')), optional(value('axis'))],
      attributes: { inverse: int(0), onesided: int(0) },
      build: (call) => buildTransform(call, call.list('axis')?.[0] ?? -2),
    },
  ],
  STFT: {
    since: 17,
    inputs: ['signal', value('frame_step'), optional('window'), optional(value('frame_length'))],
    attributes: { onesided: int(1) },
    build: buildFrames,
  },
};

/** Sums of cosines. */
function windowOf(terms: readonly number[]): Handler {
  return {
    since: 17,
    inputs: [value('size')],
    attributes: WINDOW,
    build(call) {
      const size = sizeOf(call, 'size', 0);
      const period = call.int('periodic') !== 0 ? size : size - 1;
      const of = (n: number) =>
        terms.reduce(
          (sum, term, k) => sum + term * (period === 0 ? 1 : Math.cos((2 * Math.PI * k * n) / period)),
          0,
        );
      return typed(call, tensor(Float32Array.from({ length: size }, (_, n) => of(n))));
    },
  };
}

function typed(call: Call, x: Tensor): Tensor<DType> {
  const type = call.int('output_datatype');
  const dtype =
    dtypeOf(type) ?? call.fail(`attribute output_datatype is ${typeName(type)}, which is not supported`);
  return dtype === 'float32' ? (x as Tensor<DType>) : cast(x, dtype);
}

/** One integer that is known. */
function sizeOf(call: Call, name: string, least: number): number {
  const size = call.numbers(name)[0] ?? Number.NaN;
  if (!Number.isInteger(size) || size < least || size > MAX_ELEMENTS)
    call.fail(`${name} is ${size}, must be from ${least} to ${MAX_ELEMENTS}`);
  return size;
}

/** Triangles over the bins of a spectrum, equally wide in mels: [bins, filters]. */
function buildMel(call: Call): Tensor<DType> {
  const [filters, length] = [sizeOf(call, MEL_INPUTS[0]!, 1), sizeOf(call, MEL_INPUTS[1]!, 1)];
  const [rate, low, high] = MEL_INPUTS.slice(2).map((name) => call.numbers(name)[0] ?? Number.NaN) as [
    number,
    number,
    number,
  ];
  const bins = Math.floor(length / 2) + 1;
  if (bins * filters > MAX_ELEMENTS)
    call.fail(`the matrix is ${bins}x${filters}, must have at most ${MAX_ELEMENTS} elements`);
  const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const step = (mel(high) - mel(low)) / (filters + 2);
  const edges = Array.from({ length: filters + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((mel(low) + i * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  const last = edges[filters + 1] as number;
  if (!(edges[0]! >= 0 && last <= bins && edges[0]! <= last))
    call.fail(`the filters reach from bin ${edges[0]} to ${last}, must be within ${bins}`);
  const weights = new Float32Array(bins * filters);
  for (let i = 0; i < filters; i++) {
    const [lower, center, upper] = edges.slice(i) as [number, number, number];
    const set = (bin: number, weight: number) => {
      if (bin < bins) weights[bin * filters + i] = weight;
    };
    if (lower === center) set(center, 1);
    for (let bin = lower; lower < center && bin <= center; bin++) set(bin, (bin - lower) / (center - lower));
    for (let bin = center; bin < upper; bin++) set(bin, (upper - bin) / (upper - center));
  }
  return typed(call, tensor(weights, [bins, filters]));
}

/** A transform, forward or back. */
interface Transform {
  /** Of the whole. */
  readonly length: number;
  readonly inverse: boolean;
}

/** The matrix [inputs * parts, outputs * 2] that turns input i by an angle for output o; inputs of one part are real. */
function turns(
  [inputs, parts, outputs]: readonly [number, number, number],
  angle: (i: number, o: number) => number,
  scale: number,
): Float32Array {
  const matrix = new Float32Array(inputs * parts * outputs * 2);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      const [re, im] = [Math.cos(angle(i, o)) * scale, Math.sin(angle(i, o)) * scale];
      const at = i * parts * outputs * 2 + 2 * o;
      matrix.set([re, im], at);
      if (parts === 2) matrix.set([-im, re], at + outputs * 2);
    }
  }
  return matrix;
}

/** The largest factor that may be split off; 1 where there is none. */
function factorOf(length: number): number {
  for (let factor = MAX_SPLIT; factor > 1; factor--) if (length % factor === 0) return factor;
  return 1;
}

/** x [rows, length, parts] to [rows, outputs, 2]: the first of its frequencies. */
function transform(x: Tensor, outputs: number, { length, inverse }: Transform, scale: number): Tensor {
  const [rows, inputs, parts] = x.shape as [number, number, number];
  const sign = inverse ? 2 * Math.PI : -2 * Math.PI;
  const factor = length > MAX_DIRECT ? factorOf(length) : 1;
  if (factor === 1) {
    const angle = (i: number, o: number) => (sign * ((i * o) % length)) / length;
    const matrix = tensor(turns([inputs, parts, outputs], angle, scale), [inputs * parts, outputs * 2]);
    return reshape(matmul(reshape(x, [rows, inputs * parts]), matrix), [rows, outputs, 2]);
  }
  const rest = length / factor;
  const size = factor * parts * factor * 2;
  const matrices = new Float32Array(rest * size);
  for (let j = 0; j < rest; j++) {
    const angle = (i: number, o: number) => (sign * (((i * rest + j) * o) % length)) / length;
    matrices.set(turns([factor, parts, factor], angle, scale), j * size);
  }
  const columns = permute(reshape(x, [rows, factor, rest, parts]), [2, 0, 1, 3]);
  const turned = matmul(
    reshape(columns, [rest, rows, factor * parts]),
    tensor(matrices, [rest, factor * parts, factor * 2]),
  );
  const inner = permute(reshape(turned, [rest, rows, factor, 2]), [1, 2, 0, 3]);
  const done = transform(reshape(inner, [rows * factor, rest, 2]), rest, { length: rest, inverse }, 1);
  const y = reshape(permute(reshape(done, [rows, factor, rest, 2]), [0, 2, 1, 3]), [rows, length, 2]);
  return outputs === length ? y : slice(y, [0, 0], [rows, outputs]);
}

/** Refuses a transform whose matrices, the last one's or those of the first step, are too large. */
function requireRoom(call: Call, length: number): void {
  let rest = length;
  while (rest > MAX_DIRECT && factorOf(rest) > 1) rest /= factorOf(rest);
  if (4 * rest * rest > MAX_ELEMENTS || 4 * length * MAX_SPLIT > MAX_ELEMENTS)
    call.fail(
      `a transform of length ${length} is too long: its matrices have more than ${MAX_ELEMENTS} elements`,
    );
}

function buildTransform(call: Call, given: number): Tensor {
  const x = call.float32(0);
  const { shape } = x;
  const rank = shape.length;
  const parts = shape[rank - 1] as number;
  if (rank < 2 || (parts !== 1 && parts !== 2))
    call.fail(
      `the input is ${shapeText(shape)}, must end with an axis of 1 or 2, the real and the imaginary part`,
    );
  const axis = call.axis(given, rank);
  if (axis === rank - 1) call.fail(`axis is ${given}, must not be the last one, of the parts`);
  const input = shape[axis] as number;
  const length = call.has(1) ? sizeOf(call, 'dft_length', 1) : input;
  if (length < 1) call.fail(`axis ${axis} of the input has no elements`);
  requireRoom(call, length);
  const [inverse, onesided] = [call.int('inverse') !== 0, call.int('onesided') !== 0];
  if (inverse && onesided) call.fail('attributes inverse and onesided are both 1, must be one of them');
  const outputs = onesided ? Math.floor(length / 2) + 1 : length;
  const pairs = shape.map((size, i): [number, number] => [0, i === axis ? Math.max(0, length - size) : 0]);
  const ends = shape.map((size, i) => (i === axis ? Math.min(size, length) : size));
  const cut =
    input > length
      ? slice(
          x,
          ends.map(() => 0),
          ends,
        )
      : x;
  const sized = padAxes(cut, pairs, { mode: 'constant' }) as Tensor;
  // The axis stands before the parts.
  const order = shape.map((_, i) => i).filter((i) => i !== axis && i !== rank - 1);
  const moved = permute(sized, [...order, axis, rank - 1]);
  const outer = order.map((i) => shape[i] as number);
  const rows = outer.reduce((a, b) => a * b, 1);
  const y = transform(
    reshape(moved, [rows, length, parts]),
    outputs,
    { length, inverse },
    inverse ? 1 / length : 1,
  );
  const back = shape.map((_, i) => (i === rank - 1 ? i : i === axis ? rank - 2 : order.indexOf(i)));
  return permute(reshape(y, [...outer, outputs, 2]), back);
}

/** Each frame is a place of a kernel that holds the turns, weighed by the window. */
function buildFrames(call: Call): Tensor {
  const x = call.float32(0);
  const [n = 0, samples = 0, parts = 1] = x.shape;
  if (x.shape.length < 2 || x.shape.length > 3 || (parts !== 1 && parts !== 2))
    call.fail(`the signal is ${shapeText(x.shape)}, must be batch x samples x 1 or 2`);
  const step = sizeOf(call, 'frame_step', 1);
  const window = call.optional(2);
  const length = call.has(3) ? sizeOf(call, 'frame_length', 1) : window?.size;
  if (length === undefined) call.fail('frame_length and window are both missing, must be one of them');
  if (window !== null && window.size !== length)
    call.fail(`window has ${window.size} elements, must have frame_length, ${length}`);
  if (samples < length) call.fail(`the signal has ${samples} samples, must have at least ${length}`);
  const onesided = call.int('onesided') !== 0;
  if (onesided && parts === 2) call.fail('attribute onesided is 1, must be 0 for complex signals');
  const bins = onesided ? Math.floor(length / 2) + 1 : length;
  if (2 * bins * parts * length > MAX_ELEMENTS)
    call.fail(
      `frames of ${length} samples are too long: their matrix has more than ${MAX_ELEMENTS} elements`,
    );
  const angle = (i: number, o: number) => (-2 * Math.PI * ((i * o) % length)) / length;
  const matrix = tensor(turns([length, parts, bins], angle, 1), [length, parts, 2 * bins]);
  const kernel = permute(matrix, [2, 1, 0]);
  const weight = window === null ? kernel : mul(kernel, reshape(window, [length]));
  const signal = permute(reshape(x, [n, samples, parts]), [0, 2, 1]);
  const y = conv1d(signal, weight, null, { stride: step });
  return permute(reshape(y, [n, bins, 2, y.shape[2]!]), [0, 3, 1, 2]);
}
