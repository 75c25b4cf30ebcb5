/** Checks of tensor types that shape rules share. */
import type { TensorType } from '../dtype.ts';

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
