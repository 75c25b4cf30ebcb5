/**
 * Operators that take or put parts of a tensor by places of several axes, and ReverseSequence. The places of an index tensor
 * [..., k] are looked up axis by axis and become one number each, along axes that are seen as one: so negative ones count
 * from the end, and one that lies outside is an error.
 */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { add, sub } from '../../ops/arithmetic.ts';
import { less, where } from '../../ops/comparison.ts';
import { slice } from '../../ops/concat.ts';
import { tensor } from '../../ops/create.ts';
import { expand } from '../../ops/expand.ts';
import { indexSelect } from '../../ops/indexing.ts';
import { permute } from '../../ops/permute.ts';
import { reshape } from '../../ops/reshape.ts';
import { scatter } from '../../ops/scatter.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { choice, int } from '../row.ts';
import { indicesOf } from './indexing.ts';
import { REDUCES } from './picking.ts';

const GATHER: Handler = { inputs: ['data', 'indices'], build: buildGather };
const SCATTER: Handler = { inputs: ['data', 'indices', 'updates'], build: buildScatter };

export const places: Handlers = {
  GatherND: [
    { ...GATHER, since: 11 },
    { ...GATHER, since: 12, attributes: { batch_dims: int(0) } },
  ],
  ScatterND: [
    { ...SCATTER, since: 11 },
    { ...SCATTER, since: 16, attributes: { reduction: choice('none', 'add', 'mul', 'max', 'min') } },
  ],
  ReverseSequence: {
    since: 10,
    inputs: ['input', 'sequence_lens'],
    attributes: { batch_axis: int(1), time_axis: int(0) },
    build: buildReverse,
  },
};

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const integers = (values: ArrayLike<number>, shape: readonly number[]) =>
  tensor(Int32Array.from(values), shape);
/** 0, step, 2 step, ... */
const steps = (count: number, step: number, shape = [count]) =>
  integers(
    Array.from({ length: count }, (_, i) => i * step),
    shape,
  );

/** Rows of places in axes of these sizes, [count, k], as one number each: [count]. */
function together(rows: Tensor<'int32'>, sizes: readonly number[]): Tensor<'int32'> {
  const [count = 0] = rows.shape;
  let found = integers(new Int32Array(count), [count]);
  let step = product(sizes);
  sizes.forEach((size, axis) => {
    step /= size;
    const column = reshape(slice(rows, [0, axis], [count, axis + 1]), [count]);
    const part = indexSelect(steps(size, step), column);
    found = axis === 0 ? part : add(found, part);
  });
  return found;
}

/** The axes that the last axis of input 1 has places in, `batch` axes apart from these, and what lies behind. */
function axesOf(call: Call, batch: number): { sizes: readonly number[]; inner: readonly number[] } {
  const [data, indices] = [call.shape(0), call.shape(1)];
  const k = indices[indices.length - 1];
  if (
    k === undefined ||
    batch + k > data.length ||
    data.slice(0, batch).some((size, i) => size !== indices[i])
  ) {
    call.fail(
      `indices have shape ${shapeText(indices)}, which does not fit data of shape ${shapeText(data)}`,
    );
  }
  return { sizes: data.slice(batch, batch + k), inner: data.slice(batch + k) };
}

function buildGather(call: Call): Tensor<DType> {
  const batch = call.given('batch_dims') ? call.int('batch_dims') : 0;
  const { sizes, inner } = axesOf(call, batch);
  const [data, indices] = [call.shape(0), call.shape(1)];
  const batches = product(data.slice(0, batch));
  const count = product(indices.slice(0, -1));
  const found = together(reshape(indicesOf(call, 1), [count, sizes.length]), sizes);
  const each = count / Math.max(1, batches);
  const own =
    batches === 1
      ? found
      : add(reshape(found, [batches, each]), steps(batches, product(sizes), [batches, 1]));
  const rows = call.reshaped(0, [batches * product(sizes), ...inner]);
  return reshape(indexSelect(rows, reshape(own, [count])), [...indices.slice(0, -1), ...inner]);
}

function buildScatter(call: Call): Tensor<DType> {
  const { sizes, inner } = axesOf(call, 0);
  const [count, width] = [product(call.shape(1).slice(0, -1)), product(inner)];
  const wanted = [...call.shape(1).slice(0, -1), ...inner];
  if (shapeText(call.shape(2)) !== shapeText(wanted))
    call.fail(`updates have shape ${shapeText(call.shape(2))}, must have ${shapeText(wanted)}`);
  const found = together(reshape(indicesOf(call, 1), [count, sizes.length]), sizes);
  const every = expand(reshape(found, [count, 1]), [count, width]);
  const rows = call.reshaped(0, [product(sizes), width]);
  const reduce = REDUCES[call.string('reduction') ?? 'none'];
  return reshape(scatter(rows, every, call.reshaped(2, [count, width]), { dim: 0, reduce }), call.shape(0));
}

/** Of each sequence the first elements, as many as its length says, the last first. */
function buildReverse(call: Call): Tensor<DType> {
  const x = call.tensor(0);
  const { shape } = x;
  const [batch, time] = ['batch_axis', 'time_axis'].map((name) =>
    call.axis(call.int(name), shape.length, name),
  );
  if (batch === time || batch! > 1 || time! > 1)
    call.fail(`batch_axis is ${batch} and time_axis ${time}, must be 0 and 1, or 1 and 0`);
  const [sequences, length] = [shape[batch!] as number, shape[time!] as number];
  if (shapeText(call.shape(1)) !== shapeText([sequences]))
    call.fail(`sequence_lens has shape ${shapeText(call.shape(1))}, must be ${shapeText([sequences])}`);
  const ends = reshape(indicesOf(call, 1), [sequences, 1]);
  const at = steps(length, 1, [1, length]);
  const reversed = where(less(at, ends), sub(sub(ends, 1), at), at);
  const rows = add(reversed, steps(sequences, length, [sequences, 1]));
  const order = shape.map((_, axis) => (axis === 0 ? batch! : axis === 1 ? time! : axis));
  const moved = permute(x, order);
  const flat = reshape(moved, [sequences * length, ...shape.slice(2)]);
  return permute(reshape(indexSelect(flat, reshape(rows, [sequences * length])), moved.shape), order);
}
