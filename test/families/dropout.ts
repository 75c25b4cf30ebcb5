/** Dropout with a seed, of elements and of whole channels. */
import * as striate from 'striate';
import { anyShape, type Generator, maybe, options, spatial, text } from '../support/generate.ts';
import { countOf, overRanks, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
in inference | dropout | "2x3x5", {"training": false}
in inference, with a seed | dropout | "7", {"training": false, "p": 0.9, "seed": 3}
nothing dropped | dropout | "2x3x5", {"p": 0}
everything dropped | dropout | "2x3x5", {"p": 1}
a scalar | dropout | "scalar", {"p": 0}
nothing to drop | dropout | "0x3", {"p": 0.5}
NaN and infinity are multiplied | dropout | {"values": [1, "NaN", "Infinity", "-Infinity"]}, {"p": 1}
a seed | dropout | "1x1x67", {"seed": 7}
a seed and a probability | dropout | "13x11~", {"p": 0.2, "seed": 12345678901}
in inference | dropout1d | "2x3x5", {"training": false}
everything dropped | dropout1d | "2x3x5", {"p": 1}
nothing dropped | dropout1d | "2x3x5", {"p": 0}
a seed | dropout1d | "3x9x5", {"p": 0.5, "seed": 7}
in inference | dropout2d | "2x3x2x2", {"training": false}
everything dropped | dropout2d | "2x3x2x2", {"p": 1}
a seed | dropout2d | "3x5x3x2", {"p": 0.3, "seed": 7}
no pixels | dropout2d | "3x5x0x2", {"p": 0.3}
in inference | dropout3d | "2x3x2x1x2", {"training": false}
everything dropped | dropout3d | "2x3x2x1x2", {"p": 1}
a seed | dropout3d | "2x7x1x3x2", {"p": 0.75, "seed": 1}
`;

/** The generator's words: ten rounds of Philox 4x32 (Salmon et al., 2011). */
function philox(counter: readonly bigint[], key: readonly bigint[]): bigint[] {
  const word = (v: bigint) => v & 0xffffffffn;
  let [c0, c1, c2, c3] = counter as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const [a, b] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n];
    [c0, c1, c2, c3] = [word((b >> 32n) ^ c1 ^ k0), word(b), word((a >> 32n) ^ c3 ^ k1), word(a)];
    [k0, k1] = [word(k0 + 0x9e3779b9n), word(k1 + 0xbb67ae85n)];
  }
  return [c0, c1, c2, c3];
}

interface DropoutOptions {
  p?: number;
  training?: boolean;
  seed?: number;
}

/** Where it is random, with a seed; `inner` elements are dropped together. */
const dropout =
  (whole: boolean) =>
  (x: Plain, { p = 0.5, training = true, seed = 0 }: DropoutOptions = {}): Plain => {
    if (!training) return x;
    const inner = whole ? countOf(x.shape.slice(2)) : 1;
    const key = [BigInt(seed) & 0xffffffffn, BigInt(seed) >> 32n];
    const factor = (item: number) => {
      if (p === 0 || p === 1) return 1 - p;
      const bits = philox([BigInt(Math.floor(item / 4)), 1n, 0n, 0n], key)[item % 4]!;
      return Number(bits) / 2 ** 32 < p ? 0 : 1 / (1 - p);
    };
    return { ...x, data: x.data.map((v, i) => v * factor(Math.floor(i / inner))) };
  };

const dropping = (whole: boolean): Reference => ({
  run: dropout(whole),
  tolerance: 1e-6,
  linear: [0],
});

export const references: Record<string, Reference> = {
  dropout: dropping(false),
  dropout1d: dropping(true),
  dropout2d: dropping(true),
  dropout3d: dropping(true),
};

const random =
  (rank: number | null): Generator =>
  (choose) => {
    const inner = rank === null ? anyShape(choose) : [...anyShape(choose, 2, 2), ...spatial(choose, rank)];
    const given = options({
      p: choose.of([undefined, 0, 0.25, 0.9, 1]),
      training: maybe(choose, 0.2) ? false : undefined,
      seed: choose.integer(0, 2 ** 40),
    });
    return [text(inner, choose.of(['', '~'])), given];
  };

export const generators: Record<string, Generator> = {
  dropout: random(null),
  ...overRanks('dropout', random),
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['dropout of integers', () => striate.dropout(any(striate.ones([1], { dtype: 'int32' }))), TypeError, 'dropout: x is int32, must be float32'],
  ['dropout above 1', () => striate.dropout(x(), { p: 1.5 }), RangeError, 'dropout: p is 1.5, must be from 0 to 1'],
  ['dropout below 0, in inference', () => striate.dropout(x(), { p: -0.1, training: false }), RangeError, 'dropout: p is -0.1, must be from 0 to 1'],
  ['dropout of NaN', () => striate.dropout(x(), { p: Number.NaN }), RangeError, 'dropout: p is NaN, must be a number'],
  ['dropout in training by number', () => striate.dropout(x(), { training: any(0) }), TypeError, 'dropout: training is 0, must be true or false'],
  ['dropout with a negative seed', () => striate.dropout(x(), { seed: -1 }), RangeError, 'dropout: seed is -1, must be an integer, from 0 to 9007199254740991'],
  ['dropout with an unknown option', () => striate.dropout(x(), any({ inplace: true })), TypeError, "dropout: there is no option 'inplace'; options are p, training, seed"],
  ['dropout with p as options', () => striate.dropout(x(), any(0.5)), TypeError, 'dropout: options is 0.5, must be an object: write { p: 0.5 }'],
  ['dropout1d of images', () => striate.dropout1d(x()), RangeError, 'dropout1d: x has 4 axes (shape [1, 2, 5, 5]), must have 3'],
  ['dropout2d of rows', () => striate.dropout2d(striate.ones([2, 3])), RangeError, 'dropout2d: x has 2 axes (shape [2, 3]), must have 4'],
  ['dropout3d of images', () => striate.dropout3d(x()), RangeError, 'dropout3d: x has 4 axes (shape [1, 2, 5, 5]), must have 5'],
  ['Dropout above 1', () => new striate.Dropout({ p: 2 }), RangeError, 'Dropout: p is 2, must be from 0 to 1'],
  ['Dropout with an unknown option', () => new striate.Dropout2d(any({ training: true })), TypeError, "Dropout2d: there is no option 'training'; options are p"],
  ['Dropout with a number', () => new striate.Dropout3d(any(0.5)), TypeError, 'Dropout3d: options is 0.5, must be an object: write { p: 0.5 }'],
];
