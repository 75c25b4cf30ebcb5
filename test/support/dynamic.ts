/**
 * Random convolutions and products as dynamic quantisation writes them (DynamicQuantizeLinear, ConvInteger or MatMulInteger, Cast, Mul,
 * Add, Relu), with whatever zero points, and what plain integer loops make of them.
 */
import { model, TYPE } from '../onnx/encode.ts';
import {
  attributesOf,
  type Convolution,
  countOf,
  Maker,
  type QuantizedModel,
  randomConvolution,
  randomShape,
  sumsOf,
  textOf,
  toEven,
} from './quantized.ts';
import type { Choices } from './random.ts';

const { fround } = Math;

/** Floats as bytes, by the range that they have, with 0 in it. */
function quantized(x: Float32Array) {
  const [low, high] = [x.reduce((a, b) => Math.min(a, b), 0), x.reduce((a, b) => Math.max(a, b), 0)];
  const range = fround(high - low);
  const step = range === 0 ? 1 : fround(range / 255);
  const zero = toEven(fround(fround(0 - low) / step));
  const values = Int32Array.from(x, (one) => Math.min(Math.max(toEven(fround(one / step)) + zero, 0), 255));
  return { values, step, zero };
}

/** A product [rows, terms] times [terms, outputs], whose terms are the channels of a convolution of one tap. */
function product(choose: Choices): Convolution {
  const [rows, terms, outputs] = [choose.integer(1, 20), choose.integer(1, 40), choose.integer(1, 20)];
  return {
    ...{ x: [rows, terms, 1], outputs, groups: 1, output: [1] },
    ...{ kernel: [1], stride: [1], dilation: [1], pads: [[0, 0]] },
  };
}

export function randomDynamic(choose: Choices): QuantizedModel {
  const make = new Maker(choose);
  const shape = randomShape(choose);
  const found = choose.next() < 0.8 ? randomConvolution(choose, shape, 0.15) : null;
  const conv = found ?? product(choose);
  const isConv = found !== null;
  const { outputs, groups, kernel, output } = conv;
  const [n, channels] = conv.x as [number, number];
  const per = channels / groups;
  const spread = choose.of([1, 1, 100]);
  const offset = choose.of([0, 0, -1, 1]) * spread;
  const values = Float32Array.from(
    { length: countOf(conv.x) },
    () => (choose.next() - 0.5) * spread + offset,
  );
  const x = quantized(values);

  const isSigned = choose.next() < 0.3;
  const w = Int32Array.from({ length: outputs * per * countOf(kernel) }, () => make.byte(isSigned));
  const middle = isSigned ? 0 : 128;
  const perOutput = choose.next() < 0.4;
  const zeros = Array.from({ length: perOutput ? outputs : 1 }, () =>
    choose.next() < 0.2 ? middle : make.byte(isSigned),
  );
  const hasZero = choose.next() < 0.9;
  const zeroOf = (o: number) => (hasZero ? zeros[perOutput ? o : 0]! : 0);
  const sums = sumsOf(conv, x, w, zeroOf);
  make.said.push(isConv ? textOf(conv) : `product ${n}x${channels}x${outputs}`);

  make.nodes.push({ op: 'DynamicQuantizeLinear', in: ['x'], out: ['q', 'step', 'zero'] });
  const turned = Int32Array.from(w, (_, i) => w[(i % outputs) * per + Math.floor(i / outputs)]!);
  const weights = isConv
    ? make.bytes(w, isSigned, [outputs, per, ...kernel])
    : make.bytes(turned, isSigned, [per, outputs]);
  const inputs = ['q', weights, 'zero'];
  if (hasZero) inputs.push(make.bytes(zeros, isSigned, perOutput ? [outputs] : []));
  let y = isConv ? make.node('ConvInteger', inputs, attributesOf(conv)) : make.node('MatMulInteger', inputs);
  let want: number[] = [...sums];
  const ones = conv.output.map(() => 1);
  const along = (i: number) => Math.floor(i / countOf(output)) % outputs;
  const kinds = ['integers', 'floats', 'bias', 'relu'];
  const kind = choose.integer(0, 3);
  make.said.push(kinds[kind]!);
  if (kind > 0) {
    const steps = Array.from({ length: choose.next() < 0.4 ? outputs : 1 }, () => fround(choose.next() / 64));
    const dims = steps.length === 1 ? [] : isConv ? [1, outputs, ...ones] : [outputs];
    const scale = make.node('Mul', ['step', make.floats(steps, dims)]);
    const float = make.node('Cast', [y], { to: TYPE.float });
    y = make.node('Mul', choose.next() < 0.5 ? [float, scale] : [scale, float]);
    const scaleOf = (i: number) => fround(x.step * steps[steps.length === 1 ? 0 : along(i)]!);
    want = want.map((sum, i) => fround(fround(sum) * scaleOf(i)));
  }
  if (kind > 1) {
    const bias = Array.from({ length: outputs }, () => fround((choose.next() - 0.5) * 20));
    const name = make.floats(
      bias,
      isConv
        ? choose.of([
            [1, outputs, ...ones],
            [outputs, ...ones],
          ])
        : [outputs],
    );
    y = make.node('Add', choose.next() < 0.5 ? [y, name] : [name, y]);
    want = want.map((one, i) => fround(one + bias[along(i)]!));
  }
  if (kind > 2) {
    y = make.node('Relu', [y]);
    want = want.map((one) => Math.max(one, 0));
  }
  const given = isConv ? conv.x : [n, channels];
  const bytes = model({
    nodes: make.nodes,
    weights: make.weights,
    inputs: { x: [given, TYPE.float] },
    outputs: [y],
    opset: 13,
  });
  return { bytes, x: { values, shape: given, dtype: 'float32' }, want, text: make.said.join(', ') };
}
