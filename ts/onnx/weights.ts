/**
 * The values of a TensorProto as a tensor of one of the library's dtypes: double, float16 and bfloat16 become float32,
 * int64 becomes int32 (saturating: exporters write the largest int64 for "to the end"), bool becomes uint8.
 * The number of values must be the product of the dims, and is checked before anything is allocated. A sparse tensor's
 * values go to their places, and the rest is 0.
 */
import { joined } from '../base/bytes.ts';
import { bytesPer, type DType, type TypedArrays, viewOf } from '../base/dtype.ts';
import { ModelError, shapeText } from '../base/errors.ts';
import { engine } from '../engine/engine.ts';
import { storageOutside } from '../engine/memory.ts';
import { fillStored, type StoredType, storedAs } from '../tensor/stored.ts';
import { emptyTensor, Tensor } from '../tensor/tensor.ts';
import type { TensorProto } from './protobuf.ts';

/** ONNX's element types by number, and what each becomes here; null: not supported. */
const TYPES: readonly (readonly [name: string, dtype: DType | null, bytes: number])[] = [
  ['undefined', null, 0],
  ['float', 'float32', 4],
  ['uint8', 'uint8', 1],
  ['int8', 'int8', 1],
  ['uint16', null, 2],
  ['int16', null, 2],
  ['int32', 'int32', 4],
  ['int64', 'int32', 8],
  ['string', null, 0],
  ['bool', 'uint8', 1],
  ['float16', 'float32', 2],
  ['double', 'float32', 8],
  ['uint32', null, 4],
  ['uint64', null, 8],
  ['complex64', null, 8],
  ['complex128', null, 16],
  ['bfloat16', 'float32', 2],
  ['float8e4m3fn', null, 1],
  ['float8e4m3fnuz', null, 1],
  ['float8e5m2', null, 1],
  ['float8e5m2fnuz', null, 1],
  ['uint4', null, 1],
  ['int4', null, 1],
  ['float4e2m1', null, 1],
];

export const INT64 = 7;
export const BOOL = 9;
export const FLOAT16 = 10;
export const DOUBLE = 11;
export const BFLOAT16 = 16;
const FLOAT = 1;

/** The name of an ONNX element type. */
export function typeName(type: number): string {
  return TYPES[type]?.[0] ?? `type ${type}`;
}

/** The dtype that stands for an ONNX element type; null when none does. */
export function dtypeOf(type: number): DType | null {
  return TYPES[type]?.[1] ?? null;
}

/**
 * A tensor of what the file holds for `proto`, which `what` names in errors (`model.onnx: initializer 'w'`). The values stay
 * as the file has them until somebody reads them. @throws ModelError
 */
export function tensorFrom(proto: TensorProto, what: string): Tensor<DType> {
  const { dtype, count } = checkTensor(proto, what);
  if (proto.places !== null) return denseOf('loadModel', proto, proto.places, dtype, what);
  const on = engine('loadModel');
  const size = bytesPer(dtype);
  let held: Held | undefined;
  const holding = () => {
    held ??= heldBy(proto);
    return held;
  };
  const outside = {
    write: (address: number, first: number, bytes: number) =>
      fill(viewOf(dtype, on.memory.buffer, address, bytes / size), holding(), first / size),
    plain: () => (holding().type === dtype ? holding().bytes : null),
  };
  return new Tensor(proto.dims, dtype, storageOutside('loadModel', count * size, outside));
}

function denseOf(
  where: string,
  proto: TensorProto,
  places: TensorProto,
  dtype: DType,
  what: string,
): Tensor<DType> {
  const at = positionsOf(proto.dims, places, what);
  const values = emptyTensor(where, [at.length], dtype);
  try {
    fill(values.data, heldBy(proto), 0);
    const made = emptyTensor(where, proto.dims, dtype);
    const { data } = made;
    data.fill(0);
    for (const [i, value] of values.data.entries()) data[at[i] as number] = value;
    return made;
  } finally {
    values.dispose();
  }
}

/** The dtype and the number of values, of which the file holds as many, unless it is sparse. @throws ModelError */
export function checkTensor(tensor: TensorProto, what: string): { dtype: DType; count: number } {
  const { dims, type } = tensor;
  const dtype = dtypeOf(type);
  if (dtype === null) {
    throw new ModelError(`${what} is of dtype ${typeName(type)}, which is not supported`);
  }
  const count = elements(dims, what);
  const found = stored(tensor, what);
  const held = tensor.places === null ? count : checkPlaces(tensor, tensor.places, what);
  const bytes = held * (TYPES[type]?.[2] ?? 0);
  // Bytes of another file of which no number is given: as many as there must be.
  if (found.count !== held && found.count !== null) {
    throw new ModelError(
      `${what} of shape ${shapeText(dims)} holds ${found.text}, must hold ${held} values of ${typeName(type)}` +
        ` (${bytes} bytes)`,
    );
  }
  return { dtype, count };
}

/** How many places a sparse tensor names: int64 [values], or a row of coordinates for each. @throws ModelError */
function checkPlaces({ dims, external }: TensorProto, places: TensorProto, what: string): number {
  const [count = 0, width, ...more] = places.dims;
  if (external !== null || places.external !== null)
    throw new ModelError(`${what} is sparse and lies in another file, which is not supported`);
  if (
    places.type !== INT64 ||
    places.dims.length === 0 ||
    (width ?? dims.length) !== dims.length ||
    more.length > 0
  ) {
    throw new ModelError(
      `${what}: the indices of its values are ${typeName(places.type)} of shape [${places.dims.join(', ')}],` +
        ` must be int64 of shape [values] or [values, ${dims.length}]`,
    );
  }
  checkTensor(places, `${what}: the indices of its values`);
  return count;
}

/** Where a sparse tensor's values lie: inside it, each behind the one before. @throws ModelError */
function positionsOf(
  dims: readonly number[],
  { dims: [count = 0, width], raw, int64s }: TensorProto,
  what: string,
) {
  const numbers = raw === null ? int64s : Array.from(new BigInt64Array(joined([raw]).buffer), Number);
  const sizes = width === undefined ? [elements(dims, what)] : dims;
  const found = new Array<number>(count);
  for (let i = 0; i < count; i++) {
    const row = numbers.slice(i * sizes.length, (i + 1) * sizes.length);
    const at = row.reduce((place, index, axis) => place * (sizes[axis] as number) + index, 0);
    const inside = row.every((index, axis) => index >= 0 && index < (sizes[axis] as number));
    if (!inside || (i > 0 && at <= (found[i - 1] as number))) {
      const must = inside ? 'behind the one before it' : `inside ${shapeText(dims)}`;
      throw new ModelError(`${what}: value ${i} lies at [${row.join(', ')}], must lie ${must}`);
    }
    found[i] = at;
  }
  return found;
}

/** The bytes of another file that a tensor names, from `start` to before `end`. @throws ModelError */
export function externalRange(tensor: TensorProto, what: string): { start: number; end: number } {
  const { count } = checkTensor(tensor, what);
  const start = digits(tensor.external?.offset || '0', `${what}: its offset in another file`);
  return { start, end: start + count * (TYPES[tensor.type]?.[2] ?? 0) };
}

function digits(text: string, what: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new ModelError(`${what} is '${text}', must be an integer from 0 to 2^53 - 1`);
}

function elements(dims: readonly number[], what: string): number {
  let count = 1;
  for (const size of dims) {
    if (size < 0)
      throw new ModelError(`${what} has the shape [${dims.join(', ')}], a size must not be negative`);
    count *= size;
    if (count > 2 ** 31)
      throw new ModelError(`${what} has the shape [${dims.join(', ')}], of more than 2^31 values`);
  }
  return count;
}

/** How many values the file holds for a tensor, and that in words; null where another file holds them and none tells. */
function stored(tensor: TensorProto, what: string): { count: number | null; text: string } {
  const { raw, type, external } = tensor;
  const inBytes = (bytes: number) => ({ count: bytes / (TYPES[type]?.[2] ?? 1), text: `${bytes} bytes` });
  if (external !== null) {
    if (external.length === '') return { count: null, text: '' };
    return inBytes(digits(external.length, `${what}: its length in another file`));
  }
  if (raw !== null) return inBytes(raw.length);
  let count: number;
  if (type === FLOAT) count = lengthOf(tensor.floats) / 4;
  else if (type === DOUBLE) count = lengthOf(tensor.doubles) / 8;
  else if (type === INT64) count = tensor.int64s.length;
  else count = tensor.int32s.length;
  return { count, text: `${count} values` };
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Values as bytes of a type of files. */
interface Held {
  readonly type: StoredType;
  readonly bytes: Uint8Array;
}

/** The values, which the file has in the form of their bytes or one by one, as protobuf has numbers. */
function heldBy({ type, raw, floats, doubles, int32s, int64s }: TensorProto): Held {
  const own = STORED.get(typeName(type)) ?? (typeName(type) as StoredType);
  if (raw !== null) return { type: own, bytes: raw };
  switch (type) {
    case FLOAT:
    case DOUBLE: {
      const pieces = type === FLOAT ? floats : doubles;
      return { type: own, bytes: pieces.length === 1 ? (pieces[0] as Uint8Array) : joined(pieces) };
    }
    case FLOAT16:
    case BFLOAT16:
      return { type: own, bytes: new Uint8Array(Uint16Array.from(int32s).buffer) };
    case INT64:
      return { type: 'int32', bytes: new Uint8Array(Int32Array.from(int64s, saturate).buffer) };
    case BOOL:
      return { type: own, bytes: Uint8Array.from(int32s, (value) => (value === 0 ? 0 : 1)) };
    default:
      return storedAs(own).bytes === 1
        ? { type: own, bytes: Uint8Array.from(int32s) }
        : { type: 'int32', bytes: new Uint8Array(Int32Array.from(int32s).buffer) };
  }
}

/** Writes the values from the one at `first` on. */
function fill(to: TypedArrays[DType], { type, bytes }: Held, first: number): void {
  const width = storedAs(type).bytes;
  fillStored('loadModel', to, type, bytes.subarray(first * width, (first + to.length) * width));
}

/** Names of ONNX that are others in the list of what files store. */
const STORED: ReadonlyMap<string, StoredType> = /*#__PURE__*/ new Map<string, StoredType>([
  ['float', 'float32'],
  ['double', 'float64'],
]);

/** The nearest int32. */
export function saturate(value: number): number {
  return Math.max(-0x80000000, Math.min(0x7fffffff, value));
}
