/** Operators that take values, or put them, by an index of each, in an order, or by places in a matrix. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { cast } from '../../ops/cast.ts';
import { zeros } from '../../ops/create.ts';
import { cumSum } from '../../ops/cumSum.ts';
import { gather, indexSelect, oneHot } from '../../ops/indexing.ts';
import { type Reduce, scatter } from '../../ops/scatter.ts';
import { topK } from '../../ops/sort.ts';
import { tril, triu } from '../../ops/triangle.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { choice, int, optional, required, shapeOnly, value } from '../row.ts';
import { dtypeOf, typeName } from '../weights.ts';
import { axisOf, indicesOf } from './indexing.ts';

const SCATTER: Handler = {
  inputs: ['data', 'indices', 'updates'],
  attributes: { axis: int(0) },
  build: buildScatter,
};

const TOP_K: Handler = {
  inputs: ['X', value('K')],
  outputs: 2,
  attributes: { axis: int(-1) },
  build: buildTopK,
};

export const picking: Handlers = {
  GatherElements: {
    since: 11,
    inputs: ['data', 'indices'],
    attributes: { axis: int(0) },
    build: (call) => gather(call.tensor(0), indicesOf(call, 1), { dim: axisOf(call) }),
  },
  Scatter: { ...SCATTER, since: 9, until: 10 },
  ScatterElements: [
    { ...SCATTER, since: 11 },
    {
      ...SCATTER,
      since: 16,
      attributes: { axis: int(0), reduction: choice('none', 'add', 'mul', 'max', 'min') },
    },
  ],
  CumSum: {
    since: 11,
    inputs: ['x', value('axis')],
    attributes: { exclusive: int(0), reverse: int(0) },
    build(call) {
      const [axis = 0] = call.numbers('axis');
      const options = { exclusive: call.int('exclusive') !== 0, reverse: call.int('reverse') !== 0 };
      return cumSum(call.tensor(0) as Tensor<DType> as Tensor, axis, options);
    },
  },
  OneHot: {
    since: 9,
    inputs: ['indices', value('depth'), 'values'],
    attributes: { axis: int(-1) },
    build: buildOneHot,
  },
  Trilu: {
    since: 14,
    inputs: ['input', optional(value('k'))],
    attributes: { upper: int(1) },
    build: (call) => (call.int('upper') === 0 ? tril : triu)(call.tensor(0), call.list('k')?.[0] ?? 0),
  },
  TopK: [
    { ...TOP_K, inputs: ['X'], attributes: { axis: int(-1), k: required(int()) } },
    { ...TOP_K, since: 10 },
    { ...TOP_K, since: 11, attributes: { axis: int(-1), largest: int(1), sorted: int(1) } },
  ],
  EyeLike: {
    since: 9,
    inputs: [shapeOnly('input')],
    attributes: { dtype: int(), k: int(0) },
    build: buildEyeLike,
  },
};

export const REDUCES: Readonly<Record<string, Reduce>> = {
  add: 'add',
  mul: 'multiply',
  max: 'amax',
  min: 'amin',
};

function buildScatter(call: Call): Tensor<DType> {
  const reduce = REDUCES[call.string('reduction') ?? 'none'];
  return scatter(call.tensor(0), indicesOf(call, 1), call.tensor(2), { dim: axisOf(call), reduce });
}

/** The values that stand off and on, [2], by which the zeros and ones say. */
function buildOneHot(call: Call): Tensor<DType> {
  const [depth = 0] = call.numbers('depth');
  const dim = call.axis(call.int('axis'), call.shape(0).length + 1);
  const hot = oneHot(cast(call.tensor(0), 'int32'), depth, { dim, outside: 'skip' });
  return indexSelect(call.tensor(2), hot);
}

function buildTopK(call: Call): Tensor<DType>[] {
  const k = call.list('K')?.[0] ?? call.int('k');
  return topK(call.tensor(0), k, { dim: axisOf(call), largest: call.int('largest') !== 0 });
}

/** Ones along a diagonal; of a dtype of its own, or the input's. */
function buildEyeLike(call: Call): Tensor<DType> {
  const { shape, dtype } = call.inputs[0] as Tensor<DType>;
  if (shape.length !== 2) call.fail(`the input ${shapeText(shape)} must have 2 axes`);
  const [rows, columns] = shape as readonly [number, number];
  const type = call.int('dtype');
  const own = call.given('dtype')
    ? (dtypeOf(type) ?? call.fail(`a matrix of ${typeName(type)} is not supported`))
    : dtype;
  const eye = zeros([rows, columns], { dtype: own });
  const k = call.int('k');
  for (let row = Math.max(0, -k); row < Math.min(rows, columns - k); row++)
    eye.data[row * columns + row + k] = 1;
  return eye;
}
