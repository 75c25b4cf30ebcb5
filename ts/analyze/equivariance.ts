/**
 * How far a net commutes with shifts: f(shifted x) - shifted f(x). A convolution does, but for its borders; strides and pooling do only
 * for shifts by whole strides.
 * @category Analysis
 */
import { checkOptions, integers } from '../base/checks.ts';
import { shapeText } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { countOf } from '../instructions/emit.ts';
import { tensor } from '../ops/create.ts';
import { requireTensor, Tensor } from '../tensor/tensor.ts';
import { placesOf } from './element.ts';
import { callable, moduleOf, type NetSource } from './net.ts';

/** The option of `equivariance`. */
export interface EquivarianceOptions {
  /** How many places the picture is moved down and to the right, a number per spatial axis: `[dy, dx]`. */
  shift: readonly number[];
}

/** What `equivariance` gives. */
export interface Equivariance {
  /** The largest magnitude of the difference. */
  readonly error: number;
  /** The magnitude of the difference, of the result's shape; 0 where only one of both is inside. A tensor of the caller's. */
  readonly map: Tensor;
}

/**
 * f(shifted x) - shifted f(x), where both are inside. The picture goes round: what leaves it on one side comes in on the other, and
 * places that came round are left out. A result of another size is shifted in proportion, rounded to whole places.
 * @param net a module, a function or an imported model, of one tensor, that gives one
 * @param x [N, C, spatial...] of float32
 * @returns the largest difference, and where it lies
 * @throws RangeError for a shift of another length; TypeError for what is no net
 * @example
 * ```ts
 * const { error } = equivariance((x) => maxPool2d(x, 2), randn([1, 1, 8, 8]), { shift: [1, 0] }); // not 0
 * ```
 */
export function equivariance(net: NetSource, x: Tensor, options: EquivarianceOptions): Equivariance {
  const where = 'equivariance';
  const { shape } = requireTensor(where, 'x', x);
  checkOptions(where, options, ['shift']);
  const shift = integers(where, 'shift', options?.shift, -0x7fffffff);
  if (shift.length !== shape.length - 2) {
    throw new RangeError(
      `${where}: shift is [${shift.join(', ')}], must have ${shape.length - 2} numbers, one per spatial axis of ${shapeText(shape)}`,
    );
  }
  return scope(() => {
    const f = callable(where, 'the first argument', moduleOf(net), 'a Module or a function');
    const resting = result(where, f(x));
    const moved = result(where, f(tensor(rolled(x.toTypedArray(), shape, shift), shape)));
    const by = shift.map((step, i) => Math.round((step * resting.shape[i + 2]!) / shape[i + 2]!));
    const [a, b] = [moved.data, rolled(resting.toTypedArray(), resting.shape, by)];
    const map = a.map((value, i) => (cameRound(i, resting.shape, by) ? 0 : Math.abs(value - b[i]!)));
    return { error: map.reduce((most, value) => Math.max(most, value), 0), map: tensor(map, resting.shape) };
  });
}

function result(where: string, y: unknown): Tensor {
  if (y instanceof Tensor && y.dtype === 'float32' && y.shape.length > 2) return y as Tensor;
  const what = y instanceof Tensor ? `${y.dtype} ${shapeText(y.shape)}` : 'no tensor';
  throw new TypeError(`${where}: the net gave ${what}, must give a float32 picture [N, C, spatial...]`);
}

function cameRound(index: number, shape: readonly number[], shift: readonly number[]): boolean {
  return placesOf(index, shape.slice(2)).some((place, axis) => {
    const from = place - shift[axis]!;
    return from < 0 || from >= shape[axis + 2]!;
  });
}

/** Each plane moved, going round. */
function rolled(values: Float32Array, shape: readonly number[], shift: readonly number[]): Float32Array {
  const spatial = shape.slice(2);
  const plane = countOf(spatial);
  return values.map((_, index) => {
    const inPlane = placesOf(index, spatial).reduce((at, place, axis) => {
      const size = spatial[axis]!;
      return at * size + ((((place - shift[axis]!) % size) + size) % size);
    }, 0);
    return values[Math.floor(index / plane) * plane + inPlane]!;
  });
}
