/**
 * numpy's .npy: eight bytes with a version, the length of a header, and the header, which is the text of a Python dict:
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
 *
 * Behind it lie the elements, the last axis (in Fortran order the first) innermost.
 */
import { bytesOf, decodeText, encodeText, joined } from '../base/bytes.ts';
import { bytesPer, type DType } from '../base/dtype.ts';
import { counted, describe, shapeText } from '../base/errors.ts';
import { engine } from '../engine/engine.ts';
import { scope } from '../engine/memory.ts';
import { isStored, type StoredType, storedAs } from '../tensor/stored.ts';
import { type AnyTensor, readable, requireTensor, type Tensor } from '../tensor/tensor.ts';
import { elements, type FileBytes, storedTensor } from './elements.ts';

/** \x93NUMPY */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** numpy begins the elements at a multiple of so many bytes. */
const ALIGNMENT = 64;

/** An entry of the dict: a key, and a text, True or False, or a tuple of integers (Python 2 wrote 3L). */
const ENTRY =
  /\s*(['"])(?<key>\w+)\1\s*:\s*(?:(['"])(?<text>[^'"]*)\3|(?<flag>True|False)|\((?<tuple>[\d\sL,]*)\))\s*(?:,|(?=\}))/y;

/** The kinds of a descr, and what they are. */
const KINDS: Readonly<Record<string, string>> = { b: 'bool', i: 'int', u: 'uint', f: 'float' };

interface Header {
  readonly type: StoredType;
  /** Elements are big-endian. */
  readonly isBig: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
}

/**
 * The array of a .npy file: versions 1 to 3, little and big endian, C and Fortran order. Floats of 16 and 64 bits become
 * float32, integers of 16 to 64 bits int32, bool uint8.
 * @param bytes the file's
 * @throws RangeError for what is no such file, is damaged, holds an integer that int32 cannot hold, or other elements (complex
 * numbers, texts, objects, structures); TypeError for what is no bytes
 * @example
 * ```ts
 * const response = await fetch('https://example.org/input.npy');
 * const x = readNpy(await response.arrayBuffer());
 * ```
 */
export function readNpy(bytes: FileBytes): AnyTensor {
  engine('readNpy');
  return readArray('readNpy: bytes', bytesOf('readNpy', 'bytes', bytes));
}

/** The array in a file, which `what` names in errors. */
export function readArray(what: string, bytes: Uint8Array): AnyTensor {
  const { header, raw } = parts(what, bytes);
  const { type, isBig, isFortran, shape } = parseHeader(what, header);
  const { bytes: size } = storedAs(type);
  const count = elements(what, shape);
  if (raw.length !== count * size) {
    throw new RangeError(
      `${what} has ${counted(raw.length, 'byte')} of elements, must have ${count * size}: shape ${shapeText(shape)} of ${type}`,
    );
  }
  const make = (own: readonly number[]) => storedTensor(what, type, own, isBig ? reversed(raw, size) : raw);
  if (!isFortran || shape.length < 2) return make(shape);
  const axes = shape.map((_, axis) => shape.length - 1 - axis);
  return scope(() => make([...shape].reverse()).permute(axes) as AnyTensor);
}

/** The header's text, and the elements. */
function parts(what: string, bytes: Uint8Array): { header: string; raw: Uint8Array } {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw new RangeError(`${what} is no .npy file: it must begin with \\x93NUMPY`);
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) {
    throw new RangeError(`${what} is a .npy file of version ${version}, must be of version 1, 2 or 3`);
  }
  const from = version === 1 ? 10 : 12;
  if (bytes.length < from)
    throw new RangeError(`${what} ends before its header, after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > bytes.length - from) {
    throw new RangeError(
      `${what} has a header of ${length} bytes, must have at most the ${bytes.length - from} that follow`,
    );
  }
  // Of versions 1 and 2 it is Latin-1, but only a structure's names are more than ASCII.
  const header = decodeText(bytes.subarray(from, from + length)) ?? '';
  return { header: header.trim(), raw: bytes.subarray(from + length) };
}

function parseHeader(what: string, header: string): Header {
  const dict = new Map<string, string | boolean | number[]>();
  let at = header.startsWith('{') ? 1 : header.length;
  for (let entry = next(header, at); entry !== null; entry = next(header, at)) {
    const { key = '', text, flag, tuple } = entry.groups ?? {};
    dict.set(key, text ?? (tuple === undefined ? flag === 'True' : integersOf(tuple)));
    at = ENTRY.lastIndex;
  }
  const [descr, order, shape] = [dict.get('descr'), dict.get('fortran_order'), dict.get('shape')];
  const isWhole = header.slice(at).trim() === '}' && dict.size === 3;
  if (!isWhole || typeof descr !== 'string' || typeof order !== 'boolean' || !Array.isArray(shape)) {
    throw new RangeError(
      `${what} has the header ${describe(header)}, must be a dict of descr (the name of one dtype), fortran_order and shape`,
    );
  }
  const [, endian = '', kind = '', bytes] = /^([<>=|]?)([biuf])(\d+)$/.exec(descr) ?? [];
  const name = kind === 'b' ? 'bool' : `${KINDS[kind]}${8 * Number(bytes)}`;
  if (!isStored(name)) {
    throw new RangeError(
      `${what} holds elements of dtype ${describe(descr)}, must be bool, or int or uint of 8 to 64 bits, or float of 16 to 64`,
    );
  }
  return { type: name, isBig: endian === '>', isFortran: order, shape };
}

function next(header: string, at: number): RegExpExecArray | null {
  ENTRY.lastIndex = at;
  return ENTRY.exec(header);
}

const integersOf = (tuple: string): number[] => (tuple.match(/\d+/g) ?? []).map(Number);

/** A copy in which the bytes of each element are in reverse. */
function reversed(raw: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += size) {
    for (let i = 0; i < size; i++) copy[at + i] = raw[at + size - 1 - i] as number;
  }
  return copy;
}

/**
 * A .npy file of a tensor, as `numpy.save` writes it: version 1, little-endian, C order.
 * @throws TypeError for what is no tensor, or one that is disposed or symbolic
 * @example
 * ```ts
 * const file = writeNpy(x); // numpy.load(file) in Python
 * ```
 */
export function writeNpy(tensor: Tensor<DType>): Uint8Array<ArrayBuffer> {
  engine('writeNpy');
  readable('writeNpy', 'tensor', requireTensor('writeNpy', 'tensor', tensor));
  return writeArray(tensor);
}

/** The file of a tensor that has values. */
export function writeArray({ dtype, shape, data }: Tensor<DType>): Uint8Array<ArrayBuffer> {
  const size = bytesPer(dtype);
  const kind = dtype === 'float32' ? 'f' : dtype === 'uint8' ? 'u' : 'i';
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${size === 1 ? '|' : '<'}${kind}${size}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const length = Math.ceil((10 + dict.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  return joined([
    Uint8Array.of(...MAGIC, 1, 0, length & 255, length >> 8),
    encodeText(`${dict.padEnd(length - 1)}\n`),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}
