/**
 * What a user gives a model by name, checked against the model's inputs: tensors as they are, typed arrays with the
 * shape that they must have. A free axis that has a name is of one size wherever the name stands.
 */

import { elementCount, integers } from '../base/checks.ts';
import { bytesPer, type DType } from '../base/dtype.ts';
import { counted, describe, ModelError, shapeText, wrongKind } from '../base/errors.ts';
import { storageOf, Tensor } from '../tensor/tensor.ts';
import type { ValueInfo } from './protobuf.ts';
import { copied, dtypeOf, typeName } from './weights.ts';

/** An input or output of a model. */
export interface ModelPort {
  readonly name: string;
  readonly dtype: DType;
  /** A free axis is its name, or '?'; null when the file does not even tell the rank. */
  readonly shape: readonly (number | string)[] | null;
}

/** The port of a graph's input. @throws ModelError when it is no tensor, or of a dtype that is not supported */
export function inputPort(file: string, { name, type, shape }: ValueInfo): ModelPort {
  const dtype = dtypeOf(type);
  if (dtype !== null) return { name, dtype, shape };
  const is = type === 0 ? 'is no tensor' : `is of dtype ${typeName(type)}`;
  throw new ModelError(`${file}: input '${name}' ${is}, which is not supported`);
}

export type FeedArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array;
export type Feed = Tensor<DType> | FeedArray;
export type Feeds = Readonly<Record<string, Feed>>;
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** The same, checked. A Map: a file may call an input '__proto__'. */
export type KnownShapes = ReadonlyMap<string, readonly number[]>;

/** Free axes that are known so far, by name. */
export type Axes = Map<string, number>;

/** Every key of `given` is an input's name. @throws TypeError */
export function checkNames(where: string, what: string, given: unknown, ports: readonly ModelPort[]): void {
  if (
    typeof given !== 'object' ||
    given === null ||
    Array.isArray(given) ||
    given instanceof Tensor ||
    ArrayBuffer.isView(given)
  ) {
    throw wrongKind(where, what, given, "an object with a value for each input's name");
  }
  for (const name of Object.keys(given)) {
    if (ports.some((port) => port.name === name)) continue;
    throw new TypeError(`${where}: there is no input '${name}'; inputs are ${names(ports)}`);
  }
}

export function names(ports: readonly { readonly name: string }[]): string {
  return ports.map(({ name }) => `'${name}'`).join(', ');
}

/** A shape that fits an input, and the sizes that it gives to named axes. @throws RangeError */
export function checkShape(where: string, port: ModelPort, shape: readonly number[], axes: Axes): void {
  if (port.shape === null) return;
  const fits =
    shape.length === port.shape.length &&
    port.shape.every((wanted, i) => {
      if (typeof wanted === 'number') return shape[i] === wanted;
      return wanted === '?' || !axes.has(wanted) || axes.get(wanted) === shape[i];
    });
  if (!fits) {
    throw new RangeError(
      `${where}: input '${port.name}' has shape ${shapeText(shape)}, must be ${portText(port.shape, axes)}`,
    );
  }
  port.shape.forEach((wanted, i) => {
    if (typeof wanted === 'string' && wanted !== '?') axes.set(wanted, shape[i] as number);
  });
}

function portText(shape: readonly (number | string)[], axes: Axes): string {
  const text = shape.map((size) =>
    typeof size === 'string' && axes.has(size) ? `${size}=${axes.get(size)}` : size,
  );
  return shape.length === 0 ? 'scalar' : text.join('x');
}

/** The user's `inputShapes`, checked. */
export function checkShapes(where: string, shapes: unknown, ports: readonly ModelPort[]): KnownShapes {
  checkNames(where, 'inputShapes', shapes, ports);
  const axes: Axes = new Map();
  const found = new Map<string, readonly number[]>();
  for (const port of ports) {
    if (!Object.hasOwn(shapes as object, port.name)) continue;
    const name = `inputShapes['${port.name}']`;
    const shape = integers(where, name, (shapes as Record<string, unknown>)[port.name], 0);
    elementCount(`${where}: ${name}`, shape, bytesPer(port.dtype));
    checkShape(where, port, shape, axes);
    found.set(port.name, shape);
  }
  return found;
}

/** The shape of an input of which no tensor is given: its own, the user's, or what the axes' names tell; else null. */
export function knownShape(port: ModelPort, shapes: KnownShapes, axes: Axes): readonly number[] | null {
  const given = shapes.get(port.name);
  if (given !== undefined) return given;
  const shape = port.shape?.map((size) => (typeof size === 'number' ? size : axes.get(size)));
  return shape === undefined || shape.includes(undefined) ? null : (shape as number[]);
}

const DTYPE_OF: ReadonlyMap<string, DType> = new Map([
  ['Float32Array', 'float32'],
  ['Float64Array', 'float32'],
  ['Int32Array', 'int32'],
  ['BigInt64Array', 'int32'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
  ['Int8Array', 'int8'],
]);

/** Checks that a feed is of its input's kind. @throws TypeError */
function checkKind(where: string, port: ModelPort, feed: unknown): asserts feed is Feed {
  const { name, dtype } = port;
  if (feed instanceof Tensor) {
    storageOf(where, `input '${name}'`, feed);
    if (feed.dtype !== dtype)
      throw new TypeError(`${where}: input '${name}' is a tensor of ${feed.dtype}, must be ${dtype}`);
    return;
  }
  if (feed === undefined) throw new TypeError(`${where}: input '${name}' is missing`);
  // Buffer and other subclasses count as what they extend.
  const tag = ArrayBuffer.isView(feed)
    ? (feed as unknown as Record<symbol, string | undefined>)[Symbol.toStringTag]
    : undefined;
  const found = tag === undefined ? undefined : DTYPE_OF.get(tag);
  if (found === undefined) throw wrongKind(where, `input '${name}'`, feed, 'a Tensor or typed array');
  if (found !== dtype)
    throw new TypeError(`${where}: input '${name}' is ${describe(feed)}, must hold ${dtype}`);
}

/** The tensors of a run; those that were made for it are disposed afterwards. */
export interface Bound {
  readonly tensors: Tensor<DType>[];
  readonly made: Tensor<DType>[];
}

/** @throws TypeError, RangeError that name the input, what it is and what it must be */
export function bindFeeds(
  where: string,
  feeds: Feeds,
  ports: readonly ModelPort[],
  shapes: KnownShapes,
): Bound {
  checkNames(where, 'inputs', feeds, ports);
  const axes: Axes = new Map();
  for (const port of ports) {
    const feed: unknown = Object.hasOwn(feeds, port.name) ? feeds[port.name] : undefined;
    checkKind(where, port, feed);
    if (feed instanceof Tensor) checkShape(where, port, feed.shape, axes);
  }
  const made: Tensor<DType>[] = [];
  try {
    const tensors = ports.map((port) => {
      const feed = feeds[port.name] as Feed;
      if (feed instanceof Tensor) return feed;
      const shape = arrayShape(where, port, feed, shapes, axes);
      checkShape(where, port, shape, axes);
      const values = feed instanceof BigInt64Array ? int32s(where, port.name, feed) : feed;
      const one = copied(where, { values, dtype: port.dtype, shape: [...shape] });
      made.push(one);
      return one;
    });
    return { tensors, made };
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  }
}

/** @throws RangeError for a value outside int32 */
function int32s(where: string, name: string, feed: BigInt64Array): Int32Array {
  return Int32Array.from(feed, (value, i) => {
    const small = Number(value);
    if (small === (small | 0)) return small;
    throw new RangeError(`${where}: input '${name}' holds ${value} at ${i}, must fit in int32`);
  });
}

/** The shape of a typed array: known, or with one free axis, which its length tells. */
function arrayShape(
  where: string,
  port: ModelPort,
  feed: FeedArray,
  shapes: KnownShapes,
  axes: Axes,
): readonly number[] {
  const size = feed.length;
  const known = knownShape(port, shapes, axes);
  if (known !== null) {
    const count = known.reduce((a, b) => a * b, 1);
    if (count === size) return known;
    throw new RangeError(
      `${where}: input '${port.name}' has ${counted(size, 'value')}, must have ${count} (${shapeText(known)})`,
    );
  }
  const partial =
    port.shape?.map((axis) => (typeof axis === 'number' ? axis : (axes.get(axis) ?? null))) ?? [];
  const open = partial.indexOf(null);
  if (open < 0 || open !== partial.lastIndexOf(null)) {
    const shape = port.shape === null ? 'no known rank' : `the free axes of ${port.shape.join('x')}`;
    throw new RangeError(
      `${where}: input '${port.name}' has ${shape}: give a Tensor, or loadModel's inputShapes`,
    );
  }
  const others = partial.reduce<number>((a, b) => a * (b ?? 1), 1);
  if (others === 0 || size % others !== 0) {
    throw new RangeError(
      `${where}: input '${port.name}' has ${counted(size, 'value')}, must have a multiple of ${others} (${port.shape?.join('x')})`,
    );
  }
  return partial.map((axis) => axis ?? size / others);
}
