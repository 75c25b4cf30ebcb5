/** Sequences of tensors: lists that are taken apart and put together while a program is planned. */
import type { DType } from '../../base/dtype.ts';
import { counted } from '../../base/errors.ts';
import { concat, split } from '../../ops/concat.ts';
import { tensor } from '../../ops/create.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call, Value } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { int, optional, required, sequence, value, variadic } from '../row.ts';

export const sequences: Handlers = {
  SequenceConstruct: {
    since: 11,
    inputs: [variadic('inputs')],
    build: (call) => [call.inputs.map((_, i) => call.tensor(i))],
  },
  // Its attribute names a dtype, of which an empty list needs none.
  SequenceEmpty: { since: 11, inputs: [], attributes: { dtype: int(1) }, build: () => [[]] },
  SequenceAt: {
    since: 11,
    inputs: [sequence('input_sequence'), value('position')],
    build: (call) => [listOf(call)[placeOf(call, 1, 0)] as Tensor<DType>],
  },
  SequenceInsert: {
    since: 11,
    inputs: [sequence('input_sequence'), 'tensor', optional(value('position'))],
    build(call) {
      const list = [...listOf(call)];
      list.splice(call.has(2) ? placeOf(call, 2, 1) : list.length, 0, call.tensor(1));
      return [list];
    },
  },
  SequenceErase: {
    since: 11,
    inputs: [sequence('input_sequence'), optional(value('position'))],
    build(call) {
      const list = [...listOf(call)];
      list.splice(call.has(1) ? placeOf(call, 1, 0) : list.length - 1, 1);
      return [list];
    },
  },
  SequenceLength: {
    since: 11,
    inputs: [{ ...sequence('input_sequence'), needs: 'shape' }],
    build: (call) => tensor(listOf(call).length, null, { dtype: 'int32' }),
  },
  ConcatFromSequence: {
    since: 11,
    inputs: [sequence('input_sequence')],
    attributes: { axis: required(int()), new_axis: int(0) },
    build: buildConcat,
  },
  SplitToSequence: {
    since: 11,
    inputs: ['input', optional(value('split'))],
    attributes: { axis: int(0), keepdims: int(1) },
    build: buildSplit,
  },
};

const listOf = (call: Call) => call.value(0) as readonly Tensor<DType>[];

/** A position in the list, counted from the end when negative; `more`: one behind the last is a place too. */
function placeOf(call: Call, index: number, more: 0 | 1): number {
  const { length } = listOf(call);
  const [position] = call.known(index) as [number];
  const place = position < 0 ? position + length : position;
  if (!(place >= 0 && place < length + more))
    call.fail(`position is ${position}, but the sequence has ${counted(length, 'tensor')}`);
  return place;
}

function buildConcat(call: Call): Tensor<DType> {
  const list = listOf(call);
  const [first] = list;
  if (first === undefined) return call.fail('the sequence is empty, must hold at least one tensor');
  const isNew = call.int('new_axis') !== 0;
  const axis = call.axis(call.int('axis'), first.shape.length + (isNew ? 1 : 0));
  if (!isNew) return concat(list, axis);
  return concat(
    list.map((one) => reshape(one, [...one.shape.slice(0, axis), 1, ...one.shape.slice(axis)])),
    axis,
  );
}

function buildSplit(call: Call): Value[] {
  const x = call.tensor(0);
  const axis = call.axis(call.int('axis'), x.shape.length);
  const size = x.shape[axis] as number;
  const given = call.list('split');
  const isList = call.has(1) && call.shape(1).length > 0;
  const each = given?.[0] ?? 1;
  if (!isList && each < 1) call.fail(`split is ${each}, must be at least 1`);
  const sizes = isList
    ? (given as readonly number[])
    : Array.from({ length: Math.ceil(size / each) }, (_, i) => Math.min(each, size - i * each));
  if (sizes.length === 0) return [[]];
  const parts: readonly Tensor<DType>[] = split(x, [...sizes], axis);
  if (given !== undefined || call.int('keepdims') !== 0) return [parts];
  return [parts.map((one) => reshape(one, [...one.shape.slice(0, axis), ...one.shape.slice(axis + 1)]))];
}
