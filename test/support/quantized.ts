/**
 * Random models on bytes, in the form that quantisation tools write (DequantizeLinear, operator, QuantizeLinear), and what
 * plain integer loops make of them. Nothing of vitest: `npm run fuzz -- --quantized N` and test/onnx/bytes.test.ts run it.
 */
import { type Attribute, floats, model, type NodeSpec, rawTensor, TYPE } from '../onnx/encode.ts';
import { Choices } from './random.ts';

const { fround } = Math;

/** A tensor of bytes, and what they stand for. */
interface Bytes {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Int32Array;
  readonly isSigned: boolean;
  readonly step: number;
  readonly zero: number;
}

export interface QuantizedModel {
  readonly bytes: Uint8Array;
  readonly x: {
    readonly values: Int32Array | Float32Array;
    readonly shape: readonly number[];
    readonly dtype: 'uint8' | 'int8' | 'float32';
  };
  readonly want: readonly number[];
  /** What it does, for whoever reads that it failed. */
  readonly text: string;
}

export const countOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const low = ({ isSigned }: { isSigned: boolean }) => (isSigned ? -128 : 0);

/** Half to even. */
export function toEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

export class Maker {
  readonly nodes: NodeSpec[] = [];
  readonly weights: Uint8Array[] = [];
  readonly said: string[] = [];
  readonly choose: Choices;
  #names = 0;

  constructor(choose: Choices) {
    this.choose = choose;
  }

  name(): string {
    return `v${this.#names++}`;
  }

  /** One of the ends as often as not. */
  byte(isSigned: boolean): number {
    const least = isSigned ? -128 : 0;
    return this.choose.of([least, least + 255, this.choose.integer(least, least + 255)]);
  }

  bytes(values: Int32Array | readonly number[], isSigned: boolean, dims: readonly number[]): string {
    const name = this.name();
    const raw = isSigned ? Int8Array.from(values) : Uint8Array.from(values);
    this.weights.push(rawTensor(name, isSigned ? TYPE.int8 : TYPE.uint8, dims, raw));
    return name;
  }

  floats(values: readonly number[], dims: readonly number[]): string {
    const name = this.name();
    this.weights.push(floats(name, dims, values));
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const out = this.name();
    this.nodes.push({ op, in: [...inputs], out: [out], attributes });
    return out;
  }

  floatsOf(x: Bytes): string {
    return this.node('DequantizeLinear', [
      ...[x.name, this.floats([x.step], []), this.bytes([x.zero], x.isSigned, [])],
    ]);
  }

  /** A place for a result, whose bytes `values` are to be. */
  result(
    float: string,
    shape: readonly number[],
    values: Int32Array,
    end: Omit<Bytes, 'name' | 'shape' | 'values'>,
  ): Bytes {
    const [step, zero] = [this.floats([end.step], []), this.bytes([end.zero], end.isSigned, [])];
    return { ...end, name: this.node('QuantizeLinear', [float, step, zero]), shape, values };
  }

  end(): Omit<Bytes, 'name' | 'shape' | 'values'> {
    const isSigned = this.choose.next() < 0.4;
    return { isSigned, step: fround(this.choose.integer(2, 90) / 64), zero: this.byte(isSigned) };
  }
}

/** A level held within the bytes of y. */
const held = (level: number, y: { isSigned: boolean }, least = low(y)) =>
  Math.min(Math.max(level, least), low(y) + 255);

/** A convolution's floats, its sums, and what 1 in those of each output stands for. */
interface Sums {
  readonly float: string;
  readonly shape: readonly number[];
  readonly sums: Int32Array;
  readonly stepOf: (i: number) => number;
  /** Its floats are those of bytes, too. */
  readonly isOnBytes: boolean;
}

/** The sizes of a convolution. */
export interface Convolution {
  readonly x: readonly number[];
  readonly outputs: number;
  readonly groups: number;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: readonly (readonly number[])[];
  readonly output: readonly number[];
}

/** Sizes for an x of this shape; null where they would take long. */
export function randomConvolution(
  choose: Choices,
  x: readonly number[],
  depthwise: number,
): Convolution | null {
  const [n, channels, ...spatial] = x as [number, number, ...number[]];
  const isDepthwise = channels > 1 && choose.next() < depthwise;
  const halves = !isDepthwise && channels % 8 === 0 && choose.next() < 0.3;
  const groups = isDepthwise ? channels : halves ? 2 : 1;
  const keeps = choose.next() < 0.4;
  const outputs = isDepthwise || keeps ? channels : halves ? 8 * choose.integer(1, 2) : choose.integer(1, 21);
  const per = channels / groups;
  const kernel = spatial.map(() => choose.of([1, 3, 3, 5, 2]));
  const stride = spatial.map(() => (keeps ? 1 : choose.integer(1, 2)));
  const dilation = spatial.map(() => choose.of([1, 1, 2]));
  const pads = spatial.map((_, a) => {
    const before = choose.integer(0, kernel[a]! - 1);
    const whole = (kernel[a]! - 1) * dilation[a]!;
    return [before, keeps ? whole - before : choose.integer(0, kernel[a]! - 1)];
  });
  const output = spatial.map(
    (size, a) =>
      Math.floor((size + pads[a]![0]! + pads[a]![1]! - (kernel[a]! - 1) * dilation[a]! - 1) / stride[a]!) + 1,
  );
  if (output.some((size) => size < 1) || countOf(output) * outputs * per * countOf(kernel) * n > 2e5)
    return null;
  return { x, outputs, groups, kernel, stride, dilation, pads, output };
}

/** Its attributes in ONNX, and how it reads. */
export const attributesOf = ({ kernel, stride, dilation, groups, pads }: Convolution) => ({
  ...{ kernel_shape: kernel, strides: stride, dilations: dilation, group: groups },
  pads: [...pads.map((pair) => pair[0]!), ...pads.map((pair) => pair[1]!)],
});
export const textOf = ({ x, outputs, groups, kernel, stride, dilation, pads }: Convolution) =>
  `conv ${x[1]}->${outputs} /${groups} k${kernel} s${stride} d${dilation} p${pads} of ${x}`;

/** The sums of (x - zero) (w - its zero point), by plain loops. */
export function sumsOf(
  { x: [n, channels, ...spatial], outputs, groups, kernel, stride, dilation, pads, output }: Convolution,
  x: { readonly values: Int32Array; readonly zero: number },
  w: Int32Array,
  zeroOf: (output: number) => number,
): Int32Array {
  const [per, taps, rank] = [channels! / groups, countOf(kernel), spatial.length];
  const sums = new Int32Array(n! * outputs * countOf(output));
  const volume = countOf(spatial);
  for (let i = 0; i < sums.length; i++) {
    const place = i % countOf(output);
    const o = Math.floor(i / countOf(output)) % outputs;
    const image = Math.floor(i / countOf(output) / outputs);
    const group = Math.floor(o / (outputs / groups));
    for (let tap = 0; tap < taps; tap++) {
      let [rest, at, inside, t] = [place, 0, true, tap];
      let scale = 1;
      for (let a = rank - 1; a >= 0; a--) {
        const [out, k] = [rest % output[a]!, t % kernel[a]!];
        [rest, t] = [Math.floor(rest / output[a]!), Math.floor(t / kernel[a]!)];
        const position = out * stride[a]! - pads[a]![0]! + k * dilation[a]!;
        inside &&= position >= 0 && position < spatial[a]!;
        at += position * scale;
        scale *= spatial[a]!;
      }
      if (!inside) continue;
      for (let c = 0; c < per; c++) {
        const q = x.values[(image * channels! + group * per + c) * volume + at]! - x.zero;
        sums[i]! += q * (w[(o * per + c) * taps + tap]! - zeroOf(o));
      }
    }
  }
  return sums;
}

function convolved(make: Maker, x: Bytes): Sums | null {
  const { choose } = make;
  const conv = randomConvolution(choose, x.shape, 0.4);
  if (!conv) return null;
  const { outputs, groups, kernel, stride, dilation, output } = conv;
  const [n, channels] = x.shape as [number, number];
  const per = channels / groups;
  const isSigned = choose.next() < 0.8;
  const taps = countOf(kernel);
  const w = Int32Array.from({ length: outputs * per * taps }, () => make.byte(isSigned));
  const middle = isSigned ? 0 : 128;
  const perOutput = choose.next() < 0.6;
  const steps = Array.from({ length: perOutput ? outputs : 1 }, () => fround(choose.integer(1, 40) / 512));
  const hasBias = choose.next() < 0.7;
  const bias = Array.from({ length: outputs }, () => (hasBias ? choose.integer(-40000, 40000) : 0));

  const ws = make.floats(steps, perOutput ? [outputs] : []);
  const wz = make.bytes(
    steps.map(() => middle),
    isSigned,
    perOutput ? [outputs] : [],
  );
  const inputs = [
    make.floatsOf(x),
    make.node('DequantizeLinear', [make.bytes(w, isSigned, [outputs, per, ...kernel]), ws, wz], { axis: 0 }),
  ];
  if (hasBias) {
    const name = make.name();
    make.weights.push(rawTensor(name, TYPE.int32, [outputs], Int32Array.from(bias)));
    const step = steps.map((one) => fround(x.step * one));
    inputs.push(
      make.node('DequantizeLinear', [name, make.floats(step, perOutput ? [outputs] : [])], { axis: 0 }),
    );
  }
  const float = make.node('Conv', inputs, attributesOf(conv));
  make.said.push(textOf(conv));

  const sums = sumsOf(conv, x, w, () => middle).map(
    (sum, i) => sum + bias[Math.floor(i / countOf(output)) % outputs]!,
  );
  const stepOf = (i: number) => {
    const o = Math.floor(i / countOf(output)) % outputs;
    return fround(x.step * steps[perOutput ? o : 0]!);
  };
  const isDense = [...stride, ...dilation].every((one) => one === 1) && kernel.every((one) => one === 3);
  const isOnBytes = per >= 8 && per * taps >= 64 && !isDense;
  return { float, shape: [n, outputs, ...output], sums, stepOf, isOnBytes };
}

/** A convolution, and of bytes of its result's shape as often as not one that is added to it. */
function convolution(make: Maker, x: Bytes, seen: readonly Bytes[]): Bytes | null {
  const { choose } = make;
  const found = convolved(make, x);
  if (!found) return null;
  const { float, shape, sums, stepOf } = found;
  const y = make.end();
  const relu = choose.next() < 0.4;
  const alike = seen.filter((one) => `${one.shape}` === `${shape}`);
  const other = alike.length > 0 && choose.next() < 0.6 ? choose.of(alike) : null;
  let numbers = float;
  if (other) {
    const added = make.floatsOf(other);
    numbers = make.node('Add', choose.next() < 0.5 ? [float, added] : [added, float]);
    make.said.push('and a sum');
  }
  const values = sums.map((sum, i) => {
    let steps = fround(fround(sum) * fround(stepOf(i) / y.step));
    if (other) steps = fround(steps + fround((other.values[i]! - other.zero) * fround(other.step / y.step)));
    return held(toEven(steps) + y.zero, y, relu ? y.zero : undefined);
  });
  return make.result(relu ? make.node('Relu', [numbers]) : numbers, shape, values, y);
}

/** What an element stands for. */
const floatOf = (x: Bytes, i: number) => fround((x.values[i]! - x.zero) * x.step);

/** The byte of a number. */
const byteOf = (value: number, y: { step: number; zero: number; isSigned: boolean }) =>
  held(toEven(fround(value / y.step)) + y.zero, y);

function sum(make: Maker, x: Bytes, other: Bytes): Bytes {
  const y = make.end();
  const op = make.choose.of(['Add', 'Mul']);
  const zero = (one: Bytes) => one.zero - low(one);
  const unsigned = (one: Bytes, i: number) => one.values[i]! - low(one);
  const [s, t] = [fround(x.step / y.step), fround(other.step / y.step)];
  const rest = fround(fround(zero(x) * s) + fround(zero(other) * t));
  const steps = (i: number): number => {
    const [a, b] = [unsigned(x, i), unsigned(other, i)];
    if (op === 'Add') return fround(fround(fround(a * s) + fround(b * t)) - rest);
    return fround((a - zero(x)) * (b - zero(other)) * fround(s * other.step));
  };
  make.said.push(op);
  const values = x.values.map((_, i) => held(toEven(steps(i)) + y.zero, y));
  return make.result(make.node(op, [make.floatsOf(x), make.floatsOf(other)]), x.shape, values, y);
}

/** A product with a number for each channel: those of one place of x. */
function gate(make: Maker, x: Bytes): Bytes | null {
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  if (n * channels === 0) return null;
  const volume = countOf(spatial);
  const ones = spatial.map(() => 1);
  const y = make.end();
  const largest = Int32Array.from({ length: n * channels }, (_, c) =>
    x.values.subarray(c * volume, (c + 1) * volume).reduce((a, b) => Math.max(a, b)),
  );
  const pooled = make.node('GlobalMaxPool', [make.floatsOf(x)]);
  const gates = make.result(pooled, [n, channels, ...ones], largest, {
    ...{ isSigned: x.isSigned, step: x.step, zero: x.zero },
  });
  const step = fround(fround(x.step / y.step) * x.step);
  const values = x.values.map((value, i) => {
    const product = (value - x.zero) * (largest[Math.floor(i / volume)]! - x.zero);
    return held(toEven(fround(product * step)) + y.zero, y);
  });
  const operands = [make.floatsOf(x), make.floatsOf(gates)];
  make.said.push('gate');
  return make.result(
    make.node('Mul', make.choose.next() < 0.5 ? operands : operands.reverse()),
    x.shape,
    values,
    y,
  );
}

/** Zeros around places and channels. */
function pad(make: Maker, x: Bytes): Bytes {
  const { choose } = make;
  const pairs = x.shape.map((_, axis) => [0, 0].map(() => (axis === 0 ? 0 : choose.integer(0, 2))));
  const shape = x.shape.map((size, axis) => size + pairs[axis]![0]! + pairs[axis]![1]!);
  const values = new Int32Array(countOf(shape)).fill(x.zero);
  for (let i = 0; i < x.values.length; i++) {
    let [rest, at, scale] = [i, 0, 1];
    for (let a = shape.length - 1; a >= 0; a--) {
      at += ((rest % x.shape[a]!) + pairs[a]![0]!) * scale;
      rest = Math.floor(rest / x.shape[a]!);
      scale *= shape[a]!;
    }
    values[at] = x.values[i]!;
  }
  const name = make.name();
  const widths = [...pairs.map((pair) => pair[0]!), ...pairs.map((pair) => pair[1]!)];
  make.weights.push(rawTensor(name, TYPE.int64, [widths.length], BigInt64Array.from(widths, BigInt)));
  make.said.push(`pad ${widths}`);
  const { isSigned, step, zero } = x;
  return make.result(make.node('Pad', [make.floatsOf(x), name]), shape, values, { isSigned, step, zero });
}

/** Each place twice along each spatial axis. */
function twice(make: Maker, x: Bytes): Bytes | null {
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  if (countOf(x.shape) > 4000) return null;
  const shape = [n, channels, ...spatial.map((size) => 2 * size)];
  const scales = make.floats([1, 1, ...spatial.map(() => 2)], [shape.length]);
  const values = new Int32Array(countOf(shape));
  for (let i = 0; i < values.length; i++) {
    let [rest, at, scale] = [i, 0, 1];
    for (let a = shape.length - 1; a >= 0; a--) {
      const place = rest % shape[a]!;
      at += (a < 2 ? place : place >> 1) * scale;
      rest = Math.floor(rest / shape[a]!);
      scale *= x.shape[a]!;
    }
    values[i] = x.values[at]!;
  }
  const how = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  const { isSigned, step, zero } = x;
  make.said.push('twice');
  const float = make.node('Resize', [make.floatsOf(x), '', scales], how);
  return make.result(float, shape, values, { isSigned, step, zero });
}

function maxPool(make: Maker, x: Bytes): Bytes | null {
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  if (spatial.some((size) => size < 2)) return null;
  const output = spatial.map((size) => Math.floor((size - 2) / 2) + 1);
  const y = { isSigned: x.isSigned, step: x.step, zero: x.zero };
  const ones = spatial.map(() => 2);
  const float = make.node('MaxPool', [make.floatsOf(x)], { kernel_shape: ones, strides: ones });
  make.said.push(`maxPool of ${x.shape}`);
  const values = new Int32Array(n * channels * countOf(output)).fill(-1e9);
  const volume = countOf(spatial);
  for (let i = 0; i < x.values.length; i++) {
    let [rest, at, scale, inside] = [i % volume, 0, 1, true];
    for (let a = spatial.length - 1; a >= 0; a--) {
      const out = Math.floor((rest % spatial[a]!) / 2);
      rest = Math.floor(rest / spatial[a]!);
      inside &&= out < output[a]!;
      at += out * scale;
      scale *= output[a]!;
    }
    const place = Math.floor(i / volume) * countOf(output) + at;
    if (inside) values[place] = Math.max(values[place]!, x.values[i]!);
  }
  return make.result(float, [n, channels, ...output], values, y);
}

/** max(0, min(1, x / 6 + 0.5)) and leaky relu: exact in float32 with plain operations. */
function table(make: Maker, x: Bytes): Bytes {
  const y = make.end();
  make.said.push('relu again');
  const values = x.values.map((_, i) => byteOf(Math.max(0, floatOf(x, i)), y));
  return make.result(make.node('Relu', [make.floatsOf(x)]), x.shape, values, y);
}

function join(make: Maker, x: Bytes, other: Bytes): Bytes {
  const y = make.end();
  const [n, ...one] = x.shape as [number, ...number[]];
  const size = countOf(one);
  make.said.push('concat');
  const values = new Int32Array(2 * x.values.length);
  for (let i = 0; i < values.length; i++) {
    const [image, place] = [Math.floor(i / (2 * size)), i % (2 * size)];
    const from = place < size ? x : other;
    values[i] = byteOf(floatOf(from, image * size + (place % size)), y);
  }
  const float = make.node('Concat', [make.floatsOf(x), make.floatsOf(other)], { axis: 1 });
  return make.result(float, [n, 2 * one[0]!, ...one.slice(1)], values, y);
}

/** [N, C] and one to three spatial sizes. */
export function randomShape(choose: Choices): number[] {
  const rank = choose.of([1, 2, 2, 2, 3]);
  return [
    ...[choose.integer(1, 2), choose.of([1, 3, 4, 8, choose.integer(1, 17)])],
    ...Array.from({ length: rank }, () => choose.integer(1, rank === 1 ? 40 : 14)),
  ];
}

/** A model of a few operators on bytes. */
export function randomQuantized(choose: Choices): QuantizedModel {
  const make = new Maker(choose);
  const shape = randomShape(choose);
  const isSigned = choose.next() < 0.4;
  const values = Int32Array.from({ length: countOf(shape) }, () => make.byte(isSigned));
  const x: Bytes = {
    ...{ name: 'x', shape, values, isSigned },
    ...{ step: fround(choose.integer(1, 20) / 128), zero: make.byte(isSigned) },
  };
  const seen: Bytes[] = [x];
  for (let i = choose.integer(1, 4); i > 0; i--) {
    const last = seen.at(-1)!;
    const alike = choose.of(seen.filter(({ shape: own }) => `${own}` === `${last.shape}`));
    const makers = [
      ...[convolution, convolution, convolution, table, maxPool, gate, pad, twice],
      ...[(to: Maker, one: Bytes) => sum(to, one, alike), (to: Maker, one: Bytes) => join(to, one, alike)],
    ];
    const made = choose.of(makers)(make, last, seen);
    if (made !== null) seen.push(made);
  }
  if (seen.length === 1) seen.push(table(make, x));
  const last = seen.at(-1)!;
  // What nobody makes bytes again stays floats.
  const made = last.shape[1]! >= 8 && choose.next() < 0.5 ? convolved(make, last) : null;
  const floating = made?.isOnBytes ? made : null;
  if (floating) make.said.push('as floats');
  const y = floating?.float ?? last.name;
  const want = floating
    ? Array.from(floating.sums, (sum, i) => fround(fround(sum) * floating.stepOf(i)))
    : [...last.values];
  const bytes = model({
    nodes: make.nodes,
    weights: make.weights,
    inputs: { x: [x.shape, x.isSigned ? TYPE.int8 : TYPE.uint8] },
    outputs: [y],
    opset: 13,
  });
  const given = { values, shape, dtype: isSigned ? 'int8' : 'uint8' } as const;
  return { bytes, x: given, want, text: make.said.join(', ') };
}

/** Some of them, for mutations. */
export const quantizedModels: readonly Uint8Array[] = [3, 8, 21, 34].map(
  (seed) => randomQuantized(new Choices(seed)).bytes,
);
