/**
 * outputShape(operator, shapes, options): an output's shape without running.
 * @category Programs
 */
import { integers } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import { engine } from '../engine/engine.ts';
import { Trace } from '../graph/trace.ts';
import { symbolOf, Tensor } from '../tensor/tensor.ts';
import { type Entry, entryOf } from './operator.ts';

/**
 * The shape that `operator(...tensors of these shapes, ...rest)` would have, without running; of several outputs
 * the first one's. All tensors count as float32, indices and classes as int32.
 * @param operator the function itself, such as `conv2d`
 * @param shapes a shape for each tensor; null for one that is left out
 * @param rest what the call takes behind its tensors
 * @throws what the operator throws
 * @example
 * ```ts
 * outputShape(conv2d, [[1, 3, 224, 224], [64, 3, 7, 7]], { stride: 2, padding: 3 }); // [1, 64, 112, 112]
 * ```
 */
export function outputShape(
  operator: (...args: never[]) => unknown,
  shapes: readonly (readonly number[] | null)[],
  ...rest: readonly unknown[]
): number[] {
  engine('outputShape');
  const entry = entryOf(operator);
  if (entry === undefined) {
    throw wrongKind('outputShape', 'operator', operator, 'an operator such as conv2d');
  }
  if (!Array.isArray(shapes)) throw wrongKind('outputShape', 'shapes', shapes, 'an array of shapes');
  const trace = new Trace();
  const symbols = shapes.map((shape, i) =>
    shape === null
      ? null
      : symbolOf(
          trace.input({
            shape: integers('outputShape', `shapes[${i}]`, shape, 0),
            dtype: isOfIntegers(entry, i, shapes) ? 'int32' : 'float32',
          }),
        ),
  );
  // Before options, a shape that is left out is an optional tensor that is left out; numbers and lists follow at once.
  const optionsFollow = typeof rest[0] === 'object' && !Array.isArray(rest[0]);
  const positions = entry.args.length - (entry.optionTensors ?? 0);
  while (optionsFollow && positions > symbols.length) symbols.push(null);
  const call = operator as unknown as (...given: unknown[]) => Tensor<DType> | Tensor<DType>[];
  const result = trace.run('outputShape', () =>
    entry.list ? call(symbols, ...rest) : call(...symbols, ...rest),
  );
  const first = result instanceof Tensor ? result : (result[0] as Tensor<DType>);
  return [...first.shape];
}

/** Whether an argument is of int32: indices, and targets that are no probabilities. */
function isOfIntegers({ args }: Entry, i: number, shapes: readonly (readonly number[] | null)[]): boolean {
  const rank = (at: number): number => shapes[at]?.length ?? 0;
  return args[i] === 'indices' || (args[i] === 'target' && rank(i) < rank(0));
}
