/**
 * Checks of tensor types that shape rules share.
 * @internal
 */
import type { TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';

/** Every input that is given is float32. @throws TypeError that names the one that is not */
export function float32(
  where: string,
  names: readonly string[],
  inputs: readonly (TensorType | null)[],
): void {
  inputs.forEach((input, i) => {
    if (input !== null && input.dtype !== 'float32') {
      throw new TypeError(`${where}: ${names[i]} is ${input.dtype}, must be float32`);
    }
  });
}

/** x is float32, or, where `bytes` says so, of 8 bits. @throws TypeError */
export function poolable(where: string, x: TensorType, bytes: boolean): void {
  if (!bytes) float32(where, ['x'], [x]);
  if (x.dtype === 'int32') throw new TypeError(`${where}: x is int32, must be float32, uint8 or int8`);
}

/** A bias is absent or has an element per output channel. @throws RangeError */
export function requireBias(name: string, bias: TensorType | null, outputs: number): void {
  if (bias === null || (bias.shape.length === 1 && bias.shape[0] === outputs)) return;
  throw new RangeError(`${name}: bias has shape ${shapeText(bias.shape)}, must be [${outputs}]`);
}
