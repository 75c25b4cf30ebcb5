/** Values repeated along their axes. */
import * as striate from 'striate';
import { anyShape, DTYPES, type Generator, maybe, text, times } from '../support/generate.ts';
import { at, make, moving, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
an axis of 1 stretched | expand | "2x1x3", [2, 4, 3]
new axes in front | expand | "3", [2, 4, 3]
sizes that stay | expand | "2x1x3~", [5, -1, 4, -1]
a scalar stretched | expand | "scalar", [2, 3]
nothing to stretch | expand | "2x3", [2, 3]
to nothing | expand | "2x1", [2, 0]
bytes stretched | expand | "1x3:uint8", [4, 3]
integers stretched | expand | "3x1:int32", [2, 3, 5]
all of eight axes | expand | "1x2x1x2x1x2x1x2", [2, 2, 2, 2, 2, 2, 2, 2]
both axes twice | tile | {"values": [[1, 2], [3, 4]]}, [2, 2] | [[1, 2, 1, 2], [3, 4, 3, 4], [1, 2, 1, 2], [3, 4, 3, 4]]
fewer numbers than axes | tile | "2x3x4~", [2]
more numbers than axes | tile | "2x3", [2, 1, 3]
a scalar in a row | tile | "scalar", [3]
not repeated at all | tile | "2x3", [1, 1]
no times | tile | "2x3", [0, 2]
nothing, often | tile | "0x3", [2, 2]
bytes repeated | tile | "2x3:int8", [2, 2]
integers repeated | tile | "2x3:int32", [1, 3]
four axes | tile | "2x3x2x2~", [2, 3, 2, 2]
seven axes | tile | "1x2x1x2x2x1x2", [2, 2, 2, 1, 2, 2, 2]
`;

const aligned = (x: Plain, rank: number): Plain => ({
  ...x,
  shape: [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape],
});

function expand(given: Plain, asked: number[]): Plain {
  const x = aligned(given, asked.length);
  const shape = asked.map((size, axis) => (size === -1 ? x.shape[axis]! : size));
  return make(shape, x.dtype, (index) =>
    at(
      x,
      index.map((i, axis) => (x.shape[axis] === 1 ? 0 : i)),
    ),
  );
}

function tile(given: Plain, asked: number[]): Plain {
  const rank = Math.max(asked.length, given.shape.length);
  const x = aligned(given, rank);
  const repeats = [...new Array<number>(rank - asked.length).fill(1), ...asked];
  const shape = x.shape.map((size, axis) => size * repeats[axis]!);
  return make(shape, x.dtype, (index) =>
    at(
      x,
      index.map((i, axis) => i % x.shape[axis]!),
    ),
  );
}

export const references: Record<string, Reference> = { expand: moving(expand), tile: moving(tile) };

export const generators: Record<string, Generator> = {
  expand(choose) {
    const own = anyShape(choose, 0, 3).map((size) => (maybe(choose) ? 1 : size));
    const front = times(choose.integer(0, 2), () => choose.integer(0, 3));
    const shape = own.map((size) => (size === 1 ? choose.integer(0, 4) : choose.of([size, -1])));
    return [text(own, choose.of(DTYPES)), [...front, ...shape]];
  },
  tile(choose) {
    const own = anyShape(choose, 0, 4).map((size) => Math.min(size, 4));
    return [text(own, choose.of(DTYPES)), times(choose.integer(0, 5), () => choose.integer(0, 3))];
  },
};

export const layers = { expand: null, tile: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['expand of an axis that is not 1', () => striate.expand(x(), [1, 4, 5, 5]), RangeError, 'expand: x has shape 1x2x5x5, which does not stretch to [1, 4, 5, 5]'],
  ['expand to fewer axes', () => striate.expand(x(), [5, 5]), RangeError, 'expand: x has shape 1x2x5x5, which does not stretch to [5, 5]'],
  ['expand of an axis that is not there', () => striate.expand(x(), [-1, 1, 2, 5, 5]), RangeError, 'expand: x has shape 1x2x5x5, which does not stretch to [-1, 1, 2, 5, 5]'],
  ['expand to a number', () => striate.expand(x(), any(3)), TypeError, 'expand: shape is 3, must be an array of integers: write [3]'],
  ['expand to too much', () => striate.expand(striate.ones([1]), [50000, 50000]), RangeError, 'expand: shape 50000x50000 has more than 2^31 - 1 bytes'],
  ['tile by a negative number', () => striate.tile(x(), [-1]), RangeError, 'tile: repeats[0] is -1, must be an integer, at least 0'],
  ['tile by a number', () => striate.tile(x(), any(2)), TypeError, 'tile: repeats is 2, must be an array of integers: write [2]'],
  ['tile to too much', () => striate.tile(striate.ones([1]), [50000, 50000]), RangeError, 'tile: shape 50000x50000 has more than 2^31 - 1 bytes'],
];
