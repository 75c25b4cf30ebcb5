/** What moves values: shapes, pieces, repetition, places. */
import { type Call, type Form, type Forms, inputOf, shapeOf, sizeOf } from './form.ts';
import type { Writer } from './writer.ts';

/** Another shape of the same values. */
const reshaped: Form = (to, call) => {
  const [from, shape] = [shapeOf(call), call.outputs[0]!.shape];
  const y = to.reshape(inputOf(call), from, shape);
  return y === inputOf(call) ? to.op('Identity', [y]) : y;
};

function slice(to: Writer, call: Call): string {
  const shape = shapeOf(call);
  const cuts = shape.map((size, axis) => {
    const [start = 0, count = 0, step = 1] = call.params.slice(3 * axis, 3 * axis + 3);
    const end = start + count * step;
    // An end before the first element is not one counted from the last.
    return {
      axis,
      start,
      end: end < 0 ? -size - 1 : end,
      step,
      whole: start === 0 && count === size && step === 1,
    };
  });
  const own = cuts.filter(({ whole }) => !whole);
  if (own.length === 0) return to.op('Identity', call.inputs);
  const lists = (['start', 'end', 'axis', 'step'] as const).map((key) =>
    to.integers(own.map((cut) => cut[key])),
  );
  return to.op('Slice', [inputOf(call), ...lists]);
}

/** Axes are split, put in another order and merged. */
function regrouped(to: Writer, call: Call, split: readonly number[], order: readonly number[]): string {
  const x = to.op('Transpose', [to.reshape(inputOf(call), shapeOf(call), split)], { perm: order });
  return to.reshape(
    x,
    order.map((axis) => split[axis] as number),
    call.outputs[0]!.shape,
  );
}

function sorted(to: Writer, call: Call): string[] {
  const [axis = 0, count = 0, largest = 0] = call.params;
  const { dtype } = call.outputs[0]!;
  if (shapeOf(call).length === 0) return [to.op('Identity', call.inputs), to.scalar(0, 'int32')];
  const small = dtype === 'uint8' || dtype === 'int8';
  const x = small ? to.cast(inputOf(call), 'int32') : inputOf(call);
  const attributes = { axis, largest, sorted: 1 };
  const [values, places] = to.ops('TopK', [x, to.integers([count])], attributes, { outputs: 2 });
  return [small ? to.cast(values!, dtype as 'uint8') : values!, to.cast(places!, 'int32')];
}

const REDUCTIONS = ['none', 'add', 'mul', 'max', 'min'] as const;

function scatter(to: Writer, call: Call): string {
  const [axis = 0, joining = 0] = call.params;
  const reduction = REDUCTIONS[joining]!;
  const [x, indices, source] = call.inputs as readonly [string, string, string];
  const [places, sources] = [shapeOf(call, 1), shapeOf(call, 2)];
  // As many sources as there are places.
  const axes = places.map((_, at) => at).filter((at) => places[at] !== sources[at]);
  const ends = axes.map((at) => places[at] as number);
  const used =
    axes.length === 0
      ? source
      : to.op('Slice', [source, to.integers(axes.map(() => 0)), to.integers(ends), to.integers(axes)]);
  if (reduction === 'none') return to.op('ScatterElements', [x, indices, used], { axis });
  const since = joining > 2 ? 18 : 16;
  return to.op('ScatterElements', [x, indices, used], { axis, reduction }, { since });
}

function oneHot(to: Writer, call: Call): string {
  const [axis = 0, classes = 0] = call.params;
  const [of, shape] = [to.cast(inputOf(call), 'int64'), shapeOf(call)];
  // A scalar is none of the node's inputs.
  const indices = shape.length === 0 ? to.reshape(of, [], [1]) : of;
  const made = to.op('OneHot', [indices, to.integers([classes]), to.floats([0, 1])], { axis });
  return to.cast(shape.length === 0 ? to.reshape(made, [1, classes], [classes]) : made, 'int32');
}

/** A shape with one axis before the last three. */
const imagesOf = (shape: readonly number[]) => [sizeOf(shape.slice(0, -3)), ...shape.slice(-3)];

const triangle =
  (upper: number): Form =>
  (to, call) => {
    const { dtype } = call.outputs[0]!;
    // Runtimes have it for few types.
    const x = dtype === 'float32' ? inputOf(call) : to.cast(inputOf(call), 'int64');
    const y = to.op('Trilu', [x, to.integers([call.params[0]!], [])], { upper }, { since: 14 });
    return dtype === 'float32' ? y : to.cast(y, dtype);
  };

export const moves = (): Forms => ({
  reshape: reshaped,
  flatten: reshaped,
  squeeze: reshaped,
  unsqueeze: reshaped,
  clone: (to, { inputs }) => to.op('Identity', inputs),
  permute: (to, { inputs, params }) => to.op('Transpose', inputs, { perm: params }),
  concat: (to, { inputs, params }) => to.op('Concat', inputs, { axis: params[0]! }),
  stack(to, call) {
    const [dim = 0] = call.params;
    const each = call.inputs.map((x, i) => {
      const shape = shapeOf(call, i);
      return to.reshape(x, shape, [...shape.slice(0, dim), 1, ...shape.slice(dim)]);
    });
    return to.op('Concat', each, { axis: dim });
  },
  slice,
  split: (to, { inputs, params: [axis = 0, ...sizes], outputs }) =>
    to.ops('Split', [...inputs, to.integers(sizes)], { axis }, { outputs: outputs.length }),
  expand: (to, call) => to.op('Expand', [inputOf(call), to.integers(call.outputs[0]!.shape)]),
  tile(to, call) {
    const [shape, missing] = [shapeOf(call), call.params.length - shapeOf(call).length];
    const x = to.reshape(inputOf(call), shape, [...new Array<number>(missing).fill(1), ...shape]);
    return to.op('Tile', [x, to.integers(call.params)]);
  },
  triu: triangle(1),
  tril: triangle(0),
  pixelShuffle(to, call) {
    const [shape, into] = [shapeOf(call), call.outputs[0]!.shape];
    const x = to.reshape(inputOf(call), shape, imagesOf(shape));
    const y = to.op('DepthToSpace', [x], { blocksize: call.params[0]!, mode: 'CRD' });
    return to.reshape(y, imagesOf(into), into);
  },
  pixelUnshuffle(to, call) {
    const [n = 0, channels = 0, height = 0, width = 0] = imagesOf(shapeOf(call));
    const [r = 1] = call.params;
    return regrouped(to, call, [n, channels, height / r, r, width / r, r], [0, 1, 3, 5, 2, 4]);
  },
  channelShuffle(to, call) {
    const [n = 0, channels = 0, ...spatial] = shapeOf(call);
    const [groups = 1] = call.params;
    const rest = spatial.map((_, axis) => axis + 3);
    return regrouped(to, call, [n, groups, channels / groups, ...spatial], [0, 2, 1, ...rest]);
  },
  indexSelect: (to, { inputs, params }) => to.op('Gather', inputs, { axis: params[0]! }),
  gather: (to, { inputs, params }) => to.op('GatherElements', inputs, { axis: params[0]! }),
  scatter,
  oneHot,
  sort: sorted,
  topK: sorted,
});
