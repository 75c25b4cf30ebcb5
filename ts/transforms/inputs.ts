/** The inputs of a program: what a user says of them, and what is made of it. */
import { checkOptions, elementCount, integers, oneOf } from '../base/checks.ts';
import { bytesPer, DTYPES, type DType, type TensorType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';

/** An input's shape, or its shape with a dtype and a name. */
export type InputSpec =
  | readonly number[]
  | {
      /** The input's shape. */
      readonly shape: readonly number[];
      /** Its element type. Default 'float32'. */
      readonly dtype?: DType | undefined;
      /** Its name in errors. Default: `inputs[i]`. */
      readonly name?: string | undefined;
    };

/** An input of a program: its type, and its name in errors. @public */
export interface ProgramInput extends TensorType {
  /** The name in errors. */
  readonly name: string;
}

/** The input that a spec describes. @throws TypeError, RangeError that name it */
export function inputType(where: string, spec: InputSpec, index: number): ProgramInput {
  const isShape = Array.isArray(spec);
  if (typeof spec !== 'object' || spec === null) {
    throw wrongKind(where, `inputs[${index}]`, spec, 'a shape or { shape, dtype, name }');
  }
  if (!isShape) checkOptions(`${where}: inputs[${index}]`, spec, ['shape', 'dtype', 'name']);
  const {
    shape,
    dtype = 'float32',
    name = `inputs[${index}]`,
  } = isShape ? { shape: spec as readonly number[] } : (spec as Exclude<InputSpec, readonly number[]>);
  oneOf(where, `inputs[${index}].dtype`, dtype, DTYPES);
  const checked = integers(where, `inputs[${index}]`, shape, 0);
  elementCount(`${where}: inputs[${index}]`, checked, bytesPer(dtype));
  return { shape: checked, dtype, name };
}
