/** Softmax and its logarithm along an axis. */
import * as striate from 'striate';
import { type Arguments, type Generator, text, times } from '../support/generate.ts';
import { countOf, FEW, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
a row | softmax | "3x7"
one element | softmax | "1"
a scalar | softmax | "scalar"
a row of reals | softmax | "2x13~"
rows that fill vectors | softmax | "3x8~"
an axis of one | softmax | "3x1~"
the first axis | softmax | "5x7~", {"dim": 0}
the middle axis | softmax | "2x5x3~", {"dim": 1}
channels | softmax | "2x3x4x5#", {"dim": -3}
many columns | softmax | "2x3x19~", {"dim": 1}
rows longer than a block | softmax | "2x1100#"
far from zero | softmax | {"values": [[1000, 1001, 999], [-1000, -1000, -3000]]}
a masked element | softmax | {"values": [["-Infinity", 0, 1], ["-Infinity", "-Infinity", 3]]}
a row of -inf is NaN | softmax | {"values": [["-Infinity", "-Infinity"], [0, 1]]}
infinity is NaN | softmax | {"values": ["Infinity", 0, 1, 2, 3]}
NaN fills its column only | softmax | {"values": [["NaN", 0], [1, 2]]}, {"dim": 0}
nothing along the axis | softmax | "3x0"
no rows | softmax | "0x3"
no columns | softmax | "3x2x0", {"dim": 1}
a row | logSoftmax | "3x7"
one element | logSoftmax | "1"
a row of reals | logSoftmax | "2x13~"
the first axis | logSoftmax | "5x7~", {"dim": 0}
the middle axis | logSoftmax | "2x5x6~", {"dim": 1}
rows longer than a block | logSoftmax | "2x1100#"
far from zero | logSoftmax | {"values": [[1000, 1001, 999], [-1000, -1000, -3000]]}
a masked element | logSoftmax | {"values": [["-Infinity", 0, 1], ["-Infinity", "-Infinity", 3]]}
a row of -inf is NaN | logSoftmax | {"values": [["-Infinity", "-Infinity"], [0, 1]]}
no rows | logSoftmax | "0x3"
`;

const softmax =
  (logarithm: boolean) =>
  (x: Plain, { dim = -1 } = {}): Plain => {
    const axis = dim < 0 ? dim + Math.max(x.shape.length, 1) : dim;
    const [n, inner] = [x.shape[axis] ?? 1, countOf(x.shape.slice(axis + 1))];
    const data = new Array<number>(x.data.length);
    for (let first = 0; first < x.data.length; first++) {
      if (Math.floor(first / inner) % n !== 0) continue;
      const column = Array.from({ length: n }, (_, j) => x.data[first + j * inner]!);
      // Math.max gives NaN for NaN.
      const largest = Math.max(...column);
      const sum = column.reduce((all, one) => all + Math.exp(one - largest), 0);
      column.forEach((one, j) => {
        data[first + j * inner] = logarithm ? one - largest - Math.log(sum) : Math.exp(one - largest) / sum;
      });
    }
    return { ...x, data };
  };

export const references: Record<string, Reference> = {
  softmax: { run: softmax(false), tolerance: FEW, smooth: 'all' },
  logSoftmax: { run: softmax(true), tolerance: FEW, smooth: 'all' },
};

function alongAxis(choose: Choices): Arguments {
  const shape = times(choose.integer(1, 4), () => choose.of([1, 2, 3, 5, 9, 17]));
  return [text(shape, choose.of(['~', '#'])), { dim: choose.integer(-shape.length, shape.length - 1) }];
}

export const generators: Record<string, Generator> = {
  softmax: alongAxis,
  logSoftmax: alongAxis,
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['softmax along an axis that there is not', () => striate.softmax(x(), { dim: 4 }), RangeError, 'softmax: dim is 4, must be an integer, from -4 to 3'],
  ['softmax along two axes', () => striate.softmax(x(), { dim: any([0, 1]) }), TypeError, 'softmax: dim is [0, 1], must be an integer'],
  ['softmax with a number for options', () => striate.softmax(x(), any(1)), TypeError, 'softmax: options is 1, must be an object: write { dim: 1 }'],
  ['an unknown option of softmax', () => striate.logSoftmax(x(), any({ axis: 1 })), TypeError, "logSoftmax: there is no option 'axis'; options are dim"],
  ['softmax of bytes', () => striate.logSoftmax(any(striate.zeros([1], { dtype: 'uint8' }))), TypeError, 'logSoftmax: x is uint8, must be float32'],
  ['an axis of a layer that is no integer', () => new striate.Softmax({ dim: 0.5 }), RangeError, 'Softmax: dim is 0.5, must be an integer, from -2147483647 to 2147483647'],
  ['an unknown option of LogSoftmax', () => new striate.LogSoftmax(any({ axis: 1 })), TypeError, "LogSoftmax: there is no option 'axis'; options are dim"],
];
