/** The triangles of matrices. */
import * as striate from 'striate';
import { anyShape, DTYPES, type Generator, maybe, text, times } from '../support/generate.ts';
import { at, make, moving, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
an upper triangle | triu | {"values": [[1, 2], [3, 4]]} | [[1, 2], [0, 4]]
a lower triangle | tril | {"values": [[1, 2], [3, 4]]} | [[1, 0], [3, 4]]
above the diagonal | triu | "2x5x4~", 1
above a diagonal below | triu | "2x4x6", -2
below a diagonal above | tril | "2x5x4~", 2
below a diagonal below | tril | "3x4x6", -1
nothing is left | triu | "3x4", 9
all is left | triu | "3x4", -9
all below is left | tril | "3x4", 9
nothing below is left | tril | "3x4", -9
no rows | triu | "2x0x3"
no columns | tril | "3x0"
bytes above | triu | "3x5:uint8", 1
integers below | tril | "5x3:int32"
NaN is not left elsewhere | tril | {"values": [["NaN", "NaN"], ["Infinity", 1]]} | {"values": [["NaN", 0], ["Infinity", 1]]}
`;

const triangle =
  (upper: boolean) =>
  (x: Plain, diagonal = 0): Plain =>
    make(x.shape, x.dtype, (index) => {
      const [row, column] = index.slice(-2) as [number, number];
      const above = column - row - diagonal;
      return above === 0 || above > 0 === upper ? at(x, index) : 0;
    });

export const references: Record<string, Reference> = {
  triu: moving(triangle(true)),
  tril: moving(triangle(false)),
};

const random: Generator = (choose) => {
  const shape = [...anyShape(choose, 0, 2), ...times(2, () => choose.integer(0, 7))];
  return [text(shape, choose.of(DTYPES)), ...(maybe(choose) ? [choose.integer(-8, 8)] : [])];
};

export const generators: Record<string, Generator> = { triu: random, tril: random };

export const layers = { triu: null, tril: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['the triangle of a vector', () => striate.triu(striate.tensor([1, 2])), RangeError, 'triu: x has shape 2, must have at least 2 axes'],
  ['half a diagonal', () => striate.tril(x(), 0.5), RangeError, 'tril: diagonal is 0.5, must be an integer, from -2147483647 to 2147483647'],
  ['a diagonal as an option', () => striate.triu(x(), any({ diagonal: 1 })), TypeError, 'triu: diagonal is an Object, must be an integer: write 1'],
];
