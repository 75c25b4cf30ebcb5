// biome-ignore-all format: a table with a case a line.
/** What cannot be quantised, and wrong calls: each sentence word by word. */
import { Conv2d, type Feed, Module, matmul, ones, ReLU, type Tensor, tensor } from 'striate';
import { loadModel, ModelError } from 'striate/onnx';
import { quantize } from 'striate/quantize';
import { expect, test } from 'vitest';
import { floats, model as modelBytes } from '../onnx/encode.ts';
import { withRuntime } from '../support/runtime.ts';
import { any } from '../support/wrong.ts';
import { Net, noise } from './nets.ts';

type Kind = new (...args: never[]) => Error;

async function refused(call: () => Promise<unknown>, kind: Kind, sentence: string): Promise<void> {
  const error = await call().then(
    () => expect.fail('no error'),
    (cause: Error) => cause,
  );
  expect(error.message).toBe(sentence);
  expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
}

const WRONG: [string, unknown, Kind, string][] = [
  ['a method', { method: 'max' }, RangeError, "quantize: method is 'max', must be 'minmax' or 'percentile' or 'mse'"],
  ['a percentile', { percentile: 50 }, RangeError, 'quantize: percentile is 50, must be a number above 50, at most 100'],
  ['names', { exclude: 'stem/Conv' }, TypeError, "quantize: exclude is 'stem/Conv', must be an array of names"],
  ['a name', { exclude: ['sten/Conv'] }, RangeError, "quantize: exclude is 'sten/Conv', must be names of nodes: 'stem/Conv', 'wide/Conv', 'last/Conv' are the nearest names"],
  ['bits', { bits: 4 }, RangeError, 'quantize: bits is 4, must be 7 or 8'],
  ['progress', { onProgress: 1 }, TypeError, 'quantize: onProgress is 1, must be a function'],
  ['a signal', { signal: 1 }, TypeError, 'quantize: signal is 1, must be an AbortSignal'],
  ['a threshold', { threshold: Number.NaN }, RangeError, 'quantize: threshold is NaN, must be a number'],
  ['an option', { symmetric: true }, TypeError, "quantize: there is no option 'symmetric'; options are method, percentile, exclude, threshold, biasCorrection, equalize, keepHeads, bits, onProgress, signal"],
  ['all layers excluded', { exclude: ['stem', 'depthwise', 'pointwise', 'wide', 'last'].map((name) => `${name}/Conv`).concat('scores/Gemm') }, RangeError, 'quantize: exclude names every layer, must leave one'],
];

withRuntime('quantize refuses', () => {
  test.each(WRONG)('%s', async (_, options, kind, sentence) => {
    const net = new Net();
    const pictures = noise(1);
    await refused(() => quantize(net, pictures, any(options)), kind, sentence);
    for (const one of [net, ...pictures]) one.dispose();
  });

  test('what is neither a model nor a module', () =>
    refused(() => quantize(any('model.onnx'), []), TypeError, "quantize: model is 'model.onnx', must be a Model, as loadModel gives it, or a Module"));

  test('calibration inputs that are none, not finite, of another shape, or no list', async () => {
    const net = new Net();
    const [x] = noise(1) as [Tensor];
    await refused(() => quantize(net, []), RangeError, 'quantize: calibration holds no inputs, must hold at least one');
    await refused(() => quantize(net, any(x)), TypeError, 'quantize: calibration is a Tensor, must be a list or an iterable of inputs, each as model.run takes it');
    await refused(() => quantize(net, any(5)), TypeError, 'quantize: calibration is 5, must be a list or an iterable of inputs, each as model.run takes it');
    await refused(() => quantize(net, [new Float32Array(768)]), TypeError, 'quantize: calibration[0] is a Float32Array, must be a Tensor or nested arrays: a module says nothing of its shape');
    const odd = tensor(x.data.map((value, i) => (i === 5 ? Number.NaN : value)), [1, 3, 16, 16]);
    await refused(() => quantize(net, [x, odd]), RangeError, "quantize: calibration[1]: input 'input' holds NaN at 5, must hold finite numbers");
    const small = ones([1, 3, 8, 8]);
    await refused(() => quantize(net, [x, small]), RangeError, "quantize: calibration[1]: input 'input' has shape 1x3x8x8, must be 1x3x16x16");
    for (const one of [net, x, odd, small]) one.dispose();
  });

  test('a model of free axes without shapes', async () => {
    const model = await loadModel(
      modelBytes({
        nodes: [{ op: 'Conv', in: ['x', 'w'], out: ['y'] }],
        weights: [floats('w', [1, 1, 1, 1], [1])],
        inputs: { x: [['n', 1, 'h', 'w']] },
        outputs: ['y'],
      }),
    );
    await refused(() => quantize(model, [[1, 2, 3, 4] as Feed]), RangeError, "quantize: calibration[0]: input 'x' has free axes ([n, 1, h, w]): give a Tensor, or loadModel's inputShapes");
    model.dispose();
  });

  test('values that become infinite', async () => {
    class Loud extends Module {
      a = new Conv2d(1, 1, 1, { bias: false });
      b = new Conv2d(1, 1, 1, { bias: false });
      forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x));
      }
    }
    const net = new Loud();
    net.a.weight.assign(3e38);
    const x = tensor([1, 2, 30, 4], [1, 1, 2, 2]);
    await refused(() => quantize(net, [x]), RangeError, "quantize: the value 'a/Conv_output_0' on calibration[0] is Infinity, must be finite");
    for (const one of [net, x]) one.dispose();
  });

  test('models without layers, that are quantised, or disposed of', async () => {
    const [rectifier, net] = [new ReLU(), new Net()];
    const [x] = noise(1) as [Tensor];
    await refused(() => quantize(rectifier, [x]), ModelError, 'quantize: the model has no convolution and no product with constant weights');
    const q = await quantize(net, [x]);
    await refused(() => quantize(q, [x]), ModelError, "quantize: the model is quantised already: node 'input/quantized' is QuantizeLinear");
    q.dispose();
    await refused(() => quantize(q, [x]), TypeError, 'quantize: the model is disposed');
    expect(() => q.toOnnx()).toThrow('Model.toOnnx: the model is disposed');
    for (const one of [rectifier, net, x]) one.dispose();
  });

  test('an operator that ONNX lacks', async () => {
    class Odd extends Module {
      forward(x: Tensor): Tensor {
        return matmul(x, x).cast('uint8').cast('float32');
      }
    }
    const net = new Odd();
    const x = ones([2, 2]);
    await expect(quantize(net, [x])).rejects.toThrow(ModelError);
    for (const one of [net, x]) one.dispose();
  });

  test('wrong options of a report', async () => {
    const net = new Net();
    const pictures = noise(1);
    const q = await quantize(net, pictures);
    expect(() => q.report().toSvg({ width: 10 })).toThrow('QuantizationReport.toSvg: width is 10, must be an integer, at least 320');
    for (const one of [net, q, ...pictures]) one.dispose();
  });
});
