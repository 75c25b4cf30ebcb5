/**
 * What a user gives a model by name, checked against the model's inputs: tensors as they are, nested arrays of numbers
 * in their own shape, typed arrays and flat lists with the shape that they must have. A free axis that has a name is of
 * one size wherever the name stands.
 */
import { elementCount, integers } from '../base/checks.ts';
import { bytesPer, type DType } from '../base/dtype.ts';
import { counted, shapeText, wrongKind } from '../base/errors.ts';
import { copied } from '../tensor/copied.ts';
import { numbersFor, type TensorData } from '../tensor/data.ts';
import { storageOf, Tensor } from '../tensor/tensor.ts';

/** An input or output of a model. */
export interface ModelPort {
  /** The name in the file. */
  readonly name: string;
  /** The element type: int64 counts as int32, bool as uint8, double and float16 as float32. */
  readonly dtype: DType;
  /** A free axis is its name, or '?'; null when the file does not even tell the rank. */
  readonly shape: readonly (number | string)[] | null;
}

/** Typed arrays that an input takes: those of its dtype, Float64Array for float32, BigInt64Array for int32. */
export type FeedArray = Exclude<TensorData, number | readonly TensorData[]>;
/**
 * What an input takes: a tensor, a typed array of its dtype, nested arrays of its shape, or numbers without a shape of
 * their own, which get that of the input.
 */
export type Feed = Tensor<DType> | TensorData;
/** What is given for each input, by name. */
export type Feeds = Readonly<Record<string, Feed>>;
/** Shapes by the names of inputs. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** The same, checked. A Map: a file may call an input '__proto__'. */
export type KnownShapes = ReadonlyMap<string, readonly number[]>;

/** Free axes that are known so far, by name. */
export type Axes = Map<string, number>;

/** Every key of `given` is an input's name. @throws TypeError */
function checkNames(where: string, what: string, given: unknown, ports: readonly ModelPort[]): void {
  if (
    typeof given !== 'object' ||
    given === null ||
    Array.isArray(given) ||
    given instanceof Tensor ||
    ArrayBuffer.isView(given)
  ) {
    throw wrongKind(where, what, given, `an object with a value for each input's name: ${names(ports)}`);
  }
  for (const name of Object.keys(given)) {
    if (ports.some((port) => port.name === name)) continue;
    throw new TypeError(`${where}: there is no input '${name}'; inputs are ${names(ports)}`);
  }
}

/** The names of ports for a sentence. */
export function names(ports: readonly { readonly name: string }[]): string {
  return ports.map(({ name }) => `'${name}'`).join(', ') || 'none';
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

/** A port's shape; where axes are free, with their names, and their sizes as far as they are known. */
function portText(shape: readonly (number | string)[], axes: Axes): string {
  if (shape.every((size) => typeof size === 'number')) return shapeText(shape);
  const text = shape.map((size) =>
    typeof size === 'string' && axes.has(size) ? `${size} = ${axes.get(size)}` : size,
  );
  return `[${text.join(', ')}]`;
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

/** Numbers that stand for a tensor, and their shape where their nesting tells it. */
type Numbers = ReturnType<typeof numbersFor>;

/** A tensor of the input's dtype, or the numbers that stand for one. @throws TypeError, RangeError */
function readFeed(where: string, { name, dtype }: ModelPort, feed: unknown): Tensor<DType> | Numbers {
  if (feed === undefined) throw new TypeError(`${where}: input '${name}' is missing`);
  if (!(feed instanceof Tensor)) return numbersFor(where, `input '${name}'`, feed, dtype);
  storageOf(where, `input '${name}'`, feed);
  if (feed.dtype === dtype) return feed;
  throw new TypeError(
    `${where}: input '${name}' is a tensor of ${feed.dtype}, must be ${dtype}: add .cast('${dtype}')`,
  );
}

/** What was given, by name: where there is one input, its value alone stands for it. @throws TypeError */
function byName(where: string, given: Feeds | Feed, ports: readonly ModelPort[]): Feeds {
  const isValue =
    given instanceof Tensor || ArrayBuffer.isView(given) || Array.isArray(given) || typeof given === 'number';
  const only = ports.length === 1 ? ports[0] : undefined;
  if (isValue && only !== undefined) return { [only.name]: given };
  checkNames(where, 'inputs', given, ports);
  return given as Feeds;
}

/** The tensors of a run; those that were made for it are disposed afterwards. */
interface Bound {
  readonly tensors: Tensor<DType>[];
  readonly made: Tensor<DType>[];
}

/** @throws TypeError, RangeError that name the input, what it is and what it must be */
export function bindFeeds(
  where: string,
  given: Feeds | Feed,
  ports: readonly ModelPort[],
  shapes: KnownShapes,
): Bound {
  const feeds = byName(where, given, ports);
  const axes: Axes = new Map();
  const found = ports.map((port) => {
    const feed = readFeed(where, port, Object.hasOwn(feeds, port.name) ? feeds[port.name] : undefined);
    if (feed.shape !== null) checkShape(where, port, feed.shape, axes);
    return feed;
  });
  const made: Tensor<DType>[] = [];
  try {
    const tensors = ports.map((port, i) => {
      const feed = found[i] as Tensor<DType> | Numbers;
      if (feed instanceof Tensor) return feed;
      const shape = feed.shape ?? shapeOf(where, port, feed.values.length, shapes, axes);
      checkShape(where, port, shape, axes);
      const one = copied(where, { values: feed.values, dtype: port.dtype, shape });
      made.push(one);
      return one;
    });
    return { tensors, made };
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  }
}

/** The shape of `size` values without one of their own: known, or with one free axis, which their number tells. */
function shapeOf(
  where: string,
  port: ModelPort,
  size: number,
  shapes: KnownShapes,
  axes: Axes,
): readonly number[] {
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
    const shape = port.shape === null ? 'no known rank' : `free axes (${portText(port.shape, axes)})`;
    throw new RangeError(
      `${where}: input '${port.name}' has ${shape}: give a Tensor, or loadModel's inputShapes`,
    );
  }
  const others = partial.reduce<number>((a, b) => a * (b ?? 1), 1);
  if (others === 0 || size % others !== 0) {
    throw new RangeError(
      `${where}: input '${port.name}' has ${counted(size, 'value')}, must have a multiple of ${others} (${portText(port.shape ?? [], axes)})`,
    );
  }
  return partial.map((axis) => axis ?? size / others);
}
