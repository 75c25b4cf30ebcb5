// This library: a compiled program with frozen weights, its output allocated beforehand; for gradients a record's pullback.
import * as striate from '../striate.mjs';
import { valuesOf } from '../values.mjs';

const { compile, disposeRuntime, init, runtime, tensor, vjp } = striate;

export const name = 'striate';

const operators = new Map(Object.entries(striate));

/** Starts the runtime anew; what was prepared before is gone. Gives the number of threads that there are. */
export async function start({ variant, threads }) {
  disposeRuntime();
  await init({ variant, threads });
  return runtime().threads;
}

const tensors = (values) => values.map(({ shape, data }) => tensor(data, shape));

/** The public function applied to inputs and weights: `operator(x, weight, null, options)`, `operator(x, size, options)`. */
function callOf({ operator, args, options }) {
  const isConvolution = operator === 'deformConv2d' || operator.startsWith('conv');
  const given = [...(isConvolution ? [null] : args), ...(Object.keys(options).length > 0 ? [options] : [])];
  return (...all) => operators.get(operator)(...all, ...given);
}

/** What compiles the layer, for those who look at its program. */
function programOf(layer, values = valuesOf(layer)) {
  const weights = tensors(values.weights);
  const call = callOf(layer);
  const inputs = values.inputs.map(({ shape, data }) => ({
    shape,
    dtype: data instanceof Int32Array ? 'int32' : 'float32',
  }));
  const { algorithm } = layer;
  return compile((...xs) => call(...xs, ...weights), { inputs, ...(algorithm && { algorithm }) });
}

export async function prepare(layer) {
  return layer.pass === undefined ? prepareForward(layer) : prepareGradient(layer);
}

function prepareForward(layer) {
  const values = valuesOf(layer);
  const program = programOf(layer, values);
  const xs = tensors(values.inputs);
  const into = program.run(xs);
  const { algorithm } = program.profile(xs, { runs: 1 }).find((step) => step.algorithm) ?? {};
  const given = { into };
  return {
    algorithm: algorithm ?? '',
    run: () => void program.run(xs, given),
    output: () => into.toTypedArray(),
    dispose: () => program.dispose(),
  };
}

/** A call without a program: it reads the weights as they are, and makes a new output. */
export function prepareEager(layer) {
  const values = valuesOf(layer);
  const call = callOf(layer);
  const given = [...tensors(values.inputs), ...tensors(values.weights)];
  return {
    run: () => call(...given).dispose(),
    output: () => call(...given).toTypedArray(),
    dispose: () => {},
  };
}

function prepareGradient(layer) {
  const values = valuesOf(layer);
  const [x] = tensors(values.inputs);
  const [weight] = tensors(values.weights);
  const call = callOf(layer);
  const record =
    layer.pass === 'input' ? vjp((one) => call(one, weight), x) : vjp((one) => call(x, one), weight);
  const { shape } = record.value;
  const [{ data }] = valuesOf({ inputs: [shape], weights: [] }).inputs;
  const dy = tensor(data, shape);
  const pull = () => [record.pullback(dy)].flat()[0];
  return {
    algorithm: '',
    run: () => pull().dispose(),
    output: () => pull().toTypedArray(),
    dispose: () => record.dispose(),
  };
}
