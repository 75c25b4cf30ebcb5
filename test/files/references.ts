/** Files that numpy and safetensors wrote (generate.py), and tensors as the texts by which they are compared. */
import type { DType, Tensor } from 'striate';
import references from './references.json' with { type: 'json' };

export { references };

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(text, 'base64'));

const NUMBERS: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: Number.NaN };

interface Contents {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What references.json says of an array. */
export function contents({
  dtype,
  shape,
  values,
}: {
  dtype: string;
  shape: number[];
  values: string;
}): Contents {
  const texts = values.split(' ').filter((one) => one !== '');
  return { dtype, shape, values: texts.map((one) => NUMBERS[one] ?? Number(one)) };
}

/** The same of a tensor, which is disposed. */
export function taken(tensor: Tensor<DType>): Contents {
  const { dtype, shape } = tensor;
  const values = Array.from(tensor.data);
  tensor.dispose();
  return { dtype, shape: [...shape], values };
}

/** Of several by name. */
export const allTaken = (tensors: Record<string, Tensor<DType>>): Record<string, Contents> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, taken(tensor)]));
