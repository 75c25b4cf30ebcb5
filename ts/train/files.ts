/**
 * The files that the textbooks' datasets come in: IDX (MNIST, Fashion-MNIST), whose header says type and sizes, and CIFAR-10's
 * records of a class and an image.
 */
import { bytesPer, type DType } from '../base/dtype.ts';
import { counted, shapeText } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { type AnyTensor, emptyTensor, type Tensor } from '../tensor/tensor.ts';
import { unpacked } from './gzip.ts';

/** IDX's types by their codes: bytes in the file, the dtype here, and how one is read; numbers are big-endian. */
const TYPES: Readonly<
  Record<number, readonly [number, DType, 'Uint8' | 'Int8' | 'Int16' | 'Int32' | 'Float32' | 'Float64']>
> = {
  8: [1, 'uint8', 'Uint8'],
  9: [1, 'int8', 'Int8'],
  11: [2, 'int32', 'Int16'],
  12: [4, 'int32', 'Int32'],
  13: [4, 'float32', 'Float32'],
  14: [8, 'float32', 'Float64'],
};

/**
 * An IDX file as a tensor: `train-images-idx3-ubyte` gives uint8 [60000, 28, 28], `train-labels-idx1-ubyte` uint8 [60000];
 * `.cast('int32')` makes classes of them. Bytes stay uint8 or int8, 16 and 32 bits give int32, floating point float32. Gzip is
 * unpacked.
 * @param bytes the file, a Uint8Array or ArrayBuffer
 * @throws RangeError for a damaged file, which says what is wrong; TypeError for what is no bytes
 * @example
 * ```ts
 * const images = readIdx(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 9));
 * images.toArray(); // [[7, 9]]
 * ```
 */
export function readIdx(bytes: Uint8Array | ArrayBuffer): AnyTensor {
  const where = 'readIdx';
  const file = unpacked(where, bytes);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const type = TYPES[file[2] as number];
  if (file[0] !== 0 || file[1] !== 0 || type === undefined) {
    throw new RangeError(
      `${where}: bytes begins with ${startOf(file)}, must begin with 0 0, a type of 8 9 11 12 13 14, and the number of axes`,
    );
  }
  const [size, dtype, kind] = type;
  const rank = file[3] ?? 0;
  const begin = 4 + 4 * rank;
  if (file.length < begin) {
    throw new RangeError(
      `${where}: bytes ends after ${file.length}, within the header, which has ${begin} for ${counted(rank, 'axis', 'axes')}`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((a, b) => a * b, 1);
  if (file.length !== begin + count * size) {
    throw new RangeError(
      `${where}: bytes has ${file.length}, must have ${begin + count * size} for shape ${shapeText(shape)} of ${kind.toLowerCase()}`,
    );
  }
  const made = emptyTensor(where, shape, dtype);
  const { data } = made;
  if (bytesPer(dtype) === 1) data.set(file.subarray(begin));
  else for (let i = 0; i < count; i++) data[i] = view[`get${kind}`](begin + i * size);
  return made as AnyTensor;
}

const startOf = (file: Uint8Array): string =>
  file.length === 0 ? 'nothing' : [...file.subarray(0, 4)].join(' ');

const SIDE = 32;
const PIXELS = 3 * SIDE * SIDE;

/**
 * A file of CIFAR-10's binary version (`data_batch_1.bin`, `test_batch.bin`, or several one behind the other) as images, uint8
 * [N, 3, 32, 32], and classes, int32 [N]. Gzip is unpacked, an archive is not.
 * @param bytes the file, a Uint8Array or ArrayBuffer
 * @throws RangeError for a damaged file, which says what is wrong; TypeError for what is no bytes
 * @example
 * ```ts
 * const [images, classes] = readCifar10(new Uint8Array(3073));
 * images.shape; // [1, 3, 32, 32]
 * classes.dtype; // 'int32'
 * ```
 */
export function readCifar10(
  bytes: Uint8Array | ArrayBuffer,
): [images: Tensor<'uint8'>, classes: Tensor<'int32'>] {
  const where = 'readCifar10';
  const file = unpacked(where, bytes);
  if (String.fromCharCode(...file.subarray(257, 262)) === 'ustar') {
    throw new RangeError(`${where}: bytes is a tar archive, must be a file of it, such as data_batch_1.bin`);
  }
  const record = PIXELS + 1;
  if (file.length === 0 || file.length % record !== 0) {
    throw new RangeError(
      `${where}: bytes has ${file.length}, must have a multiple of ${record}, a class and 3x32x32 pixels of each image`,
    );
  }
  const count = file.length / record;
  const classes = Int32Array.from({ length: count }, (_, i) => file[i * record] as number);
  const wrong = classes.findIndex((one) => one > 9);
  if (wrong >= 0) {
    throw new RangeError(`${where}: image ${wrong} has class ${classes[wrong]}, must be from 0 to 9`);
  }
  const [images, labels] = scope((): [Tensor<'uint8'>, Tensor<'int32'>] => [
    emptyTensor(where, [count, 3, SIDE, SIDE], 'uint8'),
    emptyTensor(where, [count], 'int32'),
  ]);
  labels.data.set(classes);
  const { data } = images;
  for (let i = 0; i < count; i++) {
    data.set(file.subarray(i * record + 1, (i + 1) * record), i * PIXELS);
  }
  return [images, labels];
}
