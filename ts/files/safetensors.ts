/**
 * Safetensors: eight bytes with the length of a header, the header, which is JSON, and the elements of all tensors one behind the
 * other without a gap:
 *
 *     {"__metadata__": {"format": "pt"}, "conv.weight": {"dtype": "F32", "shape": [4, 3, 3, 3], "data_offsets": [0, 432]}}
 */
import { bytesOf, decodeText, encodeText, joined } from '../base/bytes.ts';
import { checkOptions, oneOf } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { describe, shapeText, wrongKind } from '../base/errors.ts';
import { engine } from '../engine/engine.ts';
import { scope } from '../engine/memory.ts';
import { tensorsByKey } from '../tensor/dict.ts';
import { halves, type StoredType, storedAs } from '../tensor/stored.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { elements, type FileBytes, storedTensor, type Tensors, type TensorsByName } from './elements.ts';

/** The format's names of element types. */
const TYPES: ReadonlyMap<string, StoredType> = /*#__PURE__*/ new Map<string, StoredType>([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F64', 'float64'],
  ['I8', 'int8'],
  ['I16', 'int16'],
  ['I32', 'int32'],
  ['I64', 'int64'],
  ['U8', 'uint8'],
  ['U16', 'uint16'],
  ['U32', 'uint32'],
  ['U64', 'uint64'],
  ['BOOL', 'bool'],
]);

/** The format's own limit. */
const LARGEST_HEADER = 100_000_000;

const METADATA = '__metadata__';

/** What `readSafetensors` gives. */
export interface Safetensors {
  /** The tensors by name, in the order of the header: what `loadStateDict` takes. */
  readonly tensors: Tensors;
  /** The texts that the file holds besides; {} where it holds none. */
  readonly metadata: Record<string, string>;
}

/** The options of `writeSafetensors`. */
export interface SafetensorsOptions {
  /** Texts by name that the file is to hold besides. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * What float32 is written as; the halves are the nearest, ties to even, and what lies beyond them is infinite. Integers stay what
   * they are. Default 'float32'.
   */
  dtype?: 'float32' | 'float16' | 'bfloat16' | undefined;
}

/** A tensor as the header describes it. */
interface Described {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * The tensors and the metadata of a safetensors file. float16, bfloat16 and float64 become float32, integers of 16 to 64 bits
 * int32, bool uint8.
 * @param bytes the file's
 * @throws RangeError for what is no such file, is damaged (tensors that overlap or leave gaps too), names a tensor twice, holds
 * another dtype or an integer that int32 cannot hold; TypeError for what is no bytes
 * @example
 * ```ts
 * const response = await fetch('https://example.org/model.safetensors');
 * net.loadStateDict(readSafetensors(await response.arrayBuffer()).tensors);
 * ```
 */
export function readSafetensors(bytes: FileBytes): Safetensors {
  engine('readSafetensors');
  const what = 'readSafetensors: bytes';
  const { header, body } = parts(what, bytesOf('readSafetensors', 'bytes', bytes));
  const { [METADATA]: metadata = {}, ...rest } = header;
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw new RangeError(`${what} has metadata that are ${describe(metadata)}, must be an object of texts`);
  }
  const described = Object.entries(rest).map(([name, value]) =>
    readDescribed(`${what}: '${name}'`, name, value),
  );
  requireWhole(what, described, body.length);
  const tensors = scope(() =>
    Object.fromEntries(
      described.map(({ name, type, shape, begin, end }) => [
        name,
        storedTensor(`${what}: '${name}'`, type, shape, body.subarray(begin, end)),
      ]),
    ),
  );
  return { tensors, metadata: metadata as Record<string, string> };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parts(what: string, bytes: Uint8Array): { header: Record<string, unknown>; body: Uint8Array } {
  if (bytes.length < 8) throw new RangeError(`${what} has ${bytes.length} bytes, must have at least 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  if (length > Math.min(bytes.length - 8, LARGEST_HEADER)) {
    throw new RangeError(
      `${what} has a header of ${length} bytes, must have at most ${LARGEST_HEADER} and the ${bytes.length - 8} that follow`,
    );
  }
  const text = decodeText(bytes.subarray(8, 8 + length)) ?? '';
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {}
  if (!isObject(header))
    throw new RangeError(`${what} has the header ${describe(text)}, must be a JSON object`);
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new RangeError(`${what} has a header that holds '${twice}' twice`);
  return { header, body: bytes.subarray(8 + length) };
}

/** The first key that an object of a JSON text has twice, of which parsing keeps the last. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, key] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key) as string;
      const keys = open.at(-1);
      if (keys?.has(name)) return name;
      keys?.add(name);
    }
  }
  return undefined;
}

function readDescribed(what: string, name: string, value: unknown): Described {
  if (!isObject(value)) {
    throw new RangeError(
      `${what} is described by ${describe(value)}, must be by dtype, shape and data_offsets`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value;
  const type = TYPES.get(dtype as string);
  if (type === undefined) {
    throw new RangeError(`${what} has the dtype ${describe(dtype)}, must be ${[...TYPES.keys()].join(', ')}`);
  }
  if (!areSizes(shape)) {
    throw new RangeError(`${what} has the shape ${describe(shape)}, must be an array of integers from 0`);
  }
  if (!areSizes(offsets) || offsets.length !== 2) {
    throw new RangeError(`${what} has the data_offsets ${describe(offsets)}, must be two integers from 0`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = elements(what, shape) * storedAs(type).bytes;
  if (end - begin !== bytes) {
    throw new RangeError(
      `${what} lies from byte ${begin} to ${end}, must have ${bytes} bytes: shape ${shapeText(shape)} of ${dtype}`,
    );
  }
  return { name, type, shape, begin, end };
}

const areSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** Every byte belongs to one tensor. */
function requireWhole(what: string, described: readonly Described[], bytes: number): void {
  let at = 0;
  for (const { name, begin, end } of [...described].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      throw new RangeError(
        `${what}: '${name}' begins at byte ${begin}, must at ${at}, where the one before it ends`,
      );
    }
    at = end;
  }
  if (at !== bytes)
    throw new RangeError(
      `${what} has ${bytes} bytes of elements, must have ${at}, where the last tensor ends`,
    );
}

/**
 * A safetensors file of tensors by name, as Python's library writes it: those of the largest elements first, so that each is
 * aligned.
 * @param tensors by name: an object, such as a module's `stateDict()`, or a Map
 * @throws TypeError for what is no object or Map of tensors, and wrong kinds of options; RangeError for a dtype that there is not,
 * and the name __metadata__
 * @example
 * ```ts
 * const bytes = writeSafetensors(net.stateDict(), { metadata: { epoch: '12' }, dtype: 'float16' });
 * ```
 */
export function writeSafetensors(
  tensors: TensorsByName,
  options: SafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  const where = 'writeSafetensors';
  engine(where);
  checkOptions(where, options, ['metadata', 'dtype']);
  const { metadata = {}, dtype = 'float32' } = options;
  oneOf(where, 'dtype', dtype, ['float32', 'float16', 'bfloat16']);
  if (!isObject(metadata)) throw wrongKind(where, 'metadata', metadata, 'an object of texts');
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') throw wrongKind(where, `metadata.${key}`, value, 'a text');
  }
  const given = tensorsByKey(where, tensors);
  if (given.some(([key]) => key === METADATA)) {
    throw new RangeError(
      `${where}: dict has the key '${METADATA}', which the format keeps for the option metadata`,
    );
  }
  const typeOf = (tensor: Tensor<DType>): StoredType => (tensor.dtype === 'float32' ? dtype : tensor.dtype);
  const sorted = given.sort(([, a], [, b]) => storedAs(typeOf(b)).bytes - storedAs(typeOf(a)).bytes);
  let at = 0;
  const entries = sorted.map(([key, tensor]) => {
    const type = typeOf(tensor);
    const name = [...TYPES].find(([, one]) => one === type)?.[0];
    const begin = at;
    at += tensor.size * storedAs(type).bytes;
    return [key, { dtype: name, shape: tensor.shape, data_offsets: [begin, at] }] as const;
  });
  const first = Object.keys(metadata).length === 0 ? [] : [[METADATA, metadata] as const];
  const header = encodeText(JSON.stringify(Object.fromEntries<unknown>([...first, ...entries])));
  const length = Math.ceil(header.length / 8) * 8;
  return joined([
    new Uint8Array(BigUint64Array.of(BigInt(length)).buffer),
    header,
    new Uint8Array(length - header.length).fill(0x20),
    ...sorted.map(([, tensor]) => elementBytes(where, tensor, typeOf(tensor))),
  ]);
}

function elementBytes(where: string, tensor: Tensor<DType>, type: StoredType): Uint8Array {
  if (type === 'float16' || type === 'bfloat16') return halves(where, tensor, type);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
