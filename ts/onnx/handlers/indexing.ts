/**
 * Operators that repeat values, or take them by indices. Indices may come with each run: no program depends on them.
 */
import type { DType } from '../../base/dtype.ts';
import { broadcast } from '../../instructions/emit.ts';
import { slice } from '../../ops/concat.ts';
import { zeros } from '../../ops/create.ts';
import { expand, tile } from '../../ops/expand.ts';
import { indexSelect } from '../../ops/indexing.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { int, value } from '../row.ts';

/** The indices, which int64 and int32 both are here. */
export const indicesOf = (call: Call, index: number) =>
  call.tensor(index) as Tensor<DType> as Tensor<'int32'>;

/** The axis attribute as one of input 0's. */
export const axisOf = (call: Call): number => call.axis(call.int('axis'), call.shape(0).length);

export const indexing: Handlers = {
  Expand: {
    since: 8,
    inputs: ['input', value('shape')],
    build: (call) => expand(call.tensor(0), broadcast('expand', call.shape(0), call.numbers('shape'))),
  },
  Tile: {
    inputs: ['input', value('repeats')],
    build: (call) => tile(call.tensor(0), call.numbers('repeats')),
  },
  Gather: { inputs: ['data', 'indices'], attributes: { axis: int(0) }, build: buildGather },
  Range: {
    since: 11,
    inputs: [value('start'), value('limit'), value('delta')],
    build: buildRange,
  },
};

/** Picks along an axis; one number that is known, or some in a row, are a slice, which a program need not copy. */
function buildGather(call: Call): Tensor<DType> {
  const shape = call.shape(0);
  const dim = axisOf(call);
  const size = shape[dim] as number;
  const picks = call.known(1)?.map((pick, i) => {
    if (pick < -size || pick >= size)
      call.fail(`indices[${i}] is ${pick}, must be from ${-size} to ${size - 1}`);
    return pick < 0 ? pick + size : pick;
  });
  const x = call.tensor(0);
  const [first = 0] = picks ?? [];
  if (picks === undefined || picks.some((pick, i) => pick !== first + i))
    return indexSelect(x, indicesOf(call, 1), { dim });
  const result = [...shape.slice(0, dim), ...call.shape(1), ...shape.slice(dim + 1)];
  const starts = shape.map((_, axis) => (axis === dim ? first : 0));
  const ends = shape.map((whole, axis) => (axis === dim ? first + picks.length : whole));
  return reshape(slice(x, starts, ends), result);
}

/** start, start + delta, ... before limit. */
function buildRange(call: Call): Tensor<DType> {
  const first = (name: string) => call.numbers(name)[0] ?? 0;
  const [start, limit, delta] = [first('start'), first('limit'), first('delta')];
  if (delta === 0) call.fail('delta is 0, must not be 0');
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const range = zeros([count], { dtype: (call.inputs[0] as Tensor<DType>).dtype });
  for (let i = 0; i < count; i++) range.data[i] = start + i * delta;
  return range;
}
