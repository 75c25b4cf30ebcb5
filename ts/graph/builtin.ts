/** The operators that graphs are rewritten with: another shape, a copy, a constant, a sum. */
import { writeFill } from '../instructions/copy.ts';
import { countOf, emitBinaryInto } from '../instructions/emit.ts';
import { BINARY } from '../instructions/table.ts';
import type { Entry } from './entry.ts';

/** x under another shape of as many elements, its memory. params: the shape. */
export const RESHAPE: Entry = {
  name: 'reshape',
  torch: 'torch.reshape',
  onnx: ['Reshape', 'Squeeze', 'Unsqueeze'],
  args: ['x'],
  alias: true,
  resolve: ([x], shape) => ({ outputs: [{ shape: [...shape], dtype: x!.dtype }], problem: null }),
};

/** A copy of x in memory of its own. */
export const CLONE: Entry = {
  name: 'clone',
  torch: 'torch.clone',
  onnx: ['Identity'],
  args: ['x'],
  resolve: ([x]) => ({ outputs: [x!], problem: null }),
  lower: (to, { inputs, outputs }) => to.copy(inputs[0]!, outputs[0]!),
  gradient: (_, { gradients }) => gradients,
  reads: { inputs: [], outputs: [] },
};

/** float32 values that are all the same. params: the value, then the shape. */
export const FILL: Entry = {
  name: 'full',
  torch: 'torch.full',
  onnx: [],
  args: [],
  resolve: (_, [, ...shape]) => ({ outputs: [{ shape, dtype: 'float32' }], problem: null }),
  lower(to, { params: [value, ...shape], outputs: [y] }) {
    writeFill(to, { y: y! }, { count: countOf(shape), value: value as number });
  },
};

/** a + b of one shape, float32. */
export const SUM: Entry = {
  name: 'add',
  torch: 'torch.add',
  onnx: ['Add'],
  args: ['a', 'b'],
  resolve: ([a]) => ({ outputs: [a!], problem: null }),
  lower(to, { types: [type], inputs, outputs }) {
    const block = (buffer: (typeof inputs)[number] | undefined) => ({
      buffer: buffer!,
      shape: [countOf(type!.shape)],
    });
    emitBinaryInto(to, BINARY.add, 'float32', block(inputs[0]), block(inputs[1]), block(outputs[0]));
  },
};
