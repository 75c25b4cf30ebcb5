/** Cells that go along steps: each gate, step, row and unit by itself. */
import * as striate from 'striate';
import { type Generator, maybe, options, text } from '../support/generate.ts';
import type { Plain, Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, gone, type Wrong } from '../support/wrong.ts';

export const lines = `
three steps | rnn | "3x2x4~", {"input": "1x5x4~", "hidden": "1x5x5~"}
biases and a state | rnn | "2x3x4~", {"input": "1x3x4~", "hidden": "1x3x3~", "bias": "1x6~"}, {"initialHidden": "1x3x3~"}
both directions, two functions | rnn | "4x2x3~", {"input": "2x9x3~", "hidden": "2x9x9~"}, {"direction": "bidirectional", "activations": ["relu", {"name": "elu", "alpha": 0.5}]}
integers | rnn | "3x1x2", {"input": "1x2x2", "hidden": "1x2x2"}, {"activations": ["relu"]}
no steps | rnn | "0x2x3~", {"input": "1x4x3~", "hidden": "1x4x4~"}, {"initialHidden": "1x2x4~"}
no rows | rnn | "2x0x3~", {"input": "1x4x3~", "hidden": "1x4x4~"}
reset before the product | gru | "4x2x3~", {"input": "1x15x3~", "hidden": "1x15x5~", "bias": "1x30~"}
reset after the product | gru | "4x2x3~", {"input": "1x15x3~", "hidden": "1x15x5~", "bias": "1x30~"}, {"linearBeforeReset": true}
reset after the product, no bias | gru | "3x1x3~", {"input": "1x27x3~", "hidden": "1x27x9~"}, {"linearBeforeReset": true}
from the end, a clip | gru | "3x2x4~", {"input": "1x12x4~", "hidden": "1x12x4~"}, {"direction": "reverse", "clip": 0.25}
both directions, rows of other lengths | gru | "4x3x2~", {"input": "2x48x2~", "hidden": "2x48x16~", "bias": "2x96~"}, {"direction": "bidirectional", "lengths": {"values": [2, 0, 4], "dtype": "int32"}, "initialHidden": "2x3x16~"}
three steps | lstm | "3x2x4~", {"input": "1x20x4~", "hidden": "1x20x5~"}
everything | lstm | "4x3x2~", {"input": "2x28x2~", "hidden": "2x28x7~", "bias": "2x56~", "peephole": "2x21~"}, {"direction": "bidirectional", "lengths": {"values": [3, 4, 0], "dtype": "int32"}, "initialHidden": "2x3x7~", "initialCell": "2x3x7~", "clip": 1.5}
coupled gates | lstm | "3x2x3~", {"input": "1x12x3~", "hidden": "1x12x3~", "bias": "1x24~"}, {"inputForget": true, "initialCell": "1x2x3~"}
other functions | lstm | "3x1x3~", {"input": "1x32x3~", "hidden": "1x32x8~"}, {"activations": ["hardSigmoid", {"name": "leakyRelu", "alpha": 0.1}, "softplus"]}
from the end, more rows than go together | lstm | "2x11x3~", {"input": "1x40x3~", "hidden": "1x40x10~"}, {"direction": "reverse"}
one unit | lstm | "5x1x1~", {"input": "1x4x1~", "hidden": "1x4x1~"}
`;

type Named = string | { name: string; alpha?: number; beta?: number };

interface Weights {
  input: Plain;
  hidden: Plain;
  bias?: Plain | null;
  peephole?: Plain | null;
}

interface Options {
  direction?: string;
  initialHidden?: Plain | null;
  initialCell?: Plain | null;
  lengths?: Plain | null;
  clip?: number;
  activations?: Named[];
  linearBeforeReset?: boolean;
  inputForget?: boolean;
}

function functionOf(given: Named, clip: number): (x: number) => number {
  const {
    name,
    alpha,
    beta = 0.5,
  } = typeof given === 'string' ? ({ name: given } as Exclude<Named, string>) : given;
  const functions: Record<string, (x: number) => number> = {
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    relu: (x) => Math.max(x, 0),
    leakyRelu: (x) => (x > 0 ? x : x * (alpha ?? 0.01)),
    elu: (x) => (x > 0 ? x : (alpha ?? 1) * Math.expm1(x)),
    hardSigmoid: (x) => Math.max(0, Math.min(1, (alpha ?? 0.2) * x + beta)),
    softplus: (x) => Math.log1p(Math.exp(x)),
  };
  const own = functions[name]!;
  return (x) => own(Math.max(-clip, Math.min(clip, x)));
}

function run(gates: number, x: Plain, weights: Weights, given: Options = {}): Plain[] {
  const [steps, batch, inputs] = x.shape as [number, number, number];
  const units = weights.hidden.shape[2]!;
  const directions = given.direction === 'bidirectional' ? 2 : 1;
  const count = gates === 1 ? 1 : gates === 3 ? 2 : 3;
  const defaults = gates === 1 ? ['tanh'] : ['sigmoid', 'tanh', 'tanh'];
  const y = new Array<number>(steps * directions * batch * units).fill(0);
  const last: number[] = [];
  const cells: number[] = [];
  for (let d = 0; d < directions; d++) {
    const [f, g, h] = [0, 1, 2].map((i) =>
      functionOf(
        given.activations?.[d * count + i] ?? defaults[i] ?? 'tanh',
        i === 2 ? Number.POSITIVE_INFINITY : (given.clip ?? Number.POSITIVE_INFINITY),
      ),
    ) as [(x: number) => number, (x: number) => number, (x: number) => number];
    const all = gates * units;
    const bias = (half: number, row: number) => weights.bias?.data[(2 * d + half) * all + row] ?? 0;
    const peep = (gate: number, u: number, c: number) =>
      (weights.peephole?.data[(3 * d + gate) * units + u] ?? 0) * c;
    for (let n = 0; n < batch; n++) {
      const at = (d * batch + n) * units;
      let hidden = Array.from({ length: units }, (_, u) => given.initialHidden?.data[at + u] ?? 0);
      let cell = Array.from({ length: units }, (_, u) => given.initialCell?.data[at + u] ?? 0);
      const length = given.lengths?.data[n] ?? steps;
      for (let step = 0; step < length; step++) {
        const t = d === 1 || given.direction === 'reverse' ? length - 1 - step : step;
        const fromInput = (gate: number, u: number) => {
          const row = gate * units + u;
          let sum = bias(0, row);
          for (let i = 0; i < inputs; i++)
            sum += weights.input.data[(d * all + row) * inputs + i]! * x.data[(t * batch + n) * inputs + i]!;
          return sum;
        };
        const fromHidden = (gate: number, u: number, of = hidden) => {
          const row = gate * units + u;
          return of.reduce(
            (sum, value, k) => sum + weights.hidden.data[(d * all + row) * units + k]! * value,
            bias(1, row),
          );
        };
        const gate = (index: number, u: number) => fromInput(index, u) + fromHidden(index, u);
        const each = (value: (u: number) => number) => Array.from({ length: units }, (_, u) => value(u));
        if (gates === 1) hidden = each((u) => f(gate(0, u)));
        else if (gates === 3) {
          const [z, r] = [each((u) => f(gate(0, u))), each((u) => f(gate(1, u)))];
          const reset = hidden.map((value, u) => value * r[u]!);
          const next = each((u) =>
            g(
              fromInput(2, u) +
                (given.linearBeforeReset ? r[u]! * fromHidden(2, u) : fromHidden(2, u, reset)),
            ),
          );
          hidden = each((u) => (1 - z[u]!) * next[u]! + z[u]! * hidden[u]!);
        } else {
          const i = each((u) => f(gate(0, u) + peep(0, u, cell[u]!)));
          const forget = each((u) => (given.inputForget ? 1 - i[u]! : f(gate(2, u) + peep(2, u, cell[u]!))));
          cell = each((u) => forget[u]! * cell[u]! + i[u]! * g(gate(3, u)));
          hidden = each((u) => f(gate(1, u) + peep(1, u, cell[u]!)) * h(cell[u]!));
        }
        hidden.forEach((value, u) => {
          y[((t * directions + d) * batch + n) * units + u] = value;
        });
      }
      last.push(...hidden);
      cells.push(...cell);
    }
  }
  const shape = [directions, batch, units];
  const results: Plain[] = [
    { shape: [steps, directions, batch, units], dtype: 'float32', data: y },
    { shape, dtype: 'float32', data: last },
  ];
  return gates === 4 ? [...results, { shape, dtype: 'float32', data: cells }] : results;
}

const reference = (gates: number): Reference => ({
  run: (x, weights, given) => run(gates, x, weights, given),
  tolerance: 2e-6,
});

export const references: Record<string, Reference> = {
  rnn: reference(1),
  gru: reference(3),
  lstm: reference(4),
};

const random =
  (gates: number): Generator =>
  (choose: Choices) => {
    const direction = choose.of(['forward', 'reverse', 'bidirectional']);
    const directions = direction === 'bidirectional' ? 2 : 1;
    const [steps, batch, inputs, units] = [
      choose.integer(1, 4),
      choose.integer(1, 10),
      choose.integer(1, 5),
      choose.integer(1, 18),
    ];
    const state = (chance: number) =>
      maybe(choose, chance) ? text([directions, batch, units], '~') : undefined;
    return [
      text([steps, batch, inputs], '~'),
      options({
        input: text([directions, gates * units, inputs], '~'),
        hidden: text([directions, gates * units, units], '~'),
        bias: maybe(choose) ? text([directions, 2 * gates * units], '~') : undefined,
        peephole: gates === 4 && maybe(choose, 0.3) ? text([directions, 3 * units], '~') : undefined,
      }),
      options({
        direction,
        initialHidden: state(0.5),
        initialCell: gates === 4 ? state(0.5) : undefined,
        lengths: maybe(choose, 0.3)
          ? { values: Array.from({ length: batch }, () => choose.integer(0, steps)), dtype: 'int32' }
          : undefined,
        clip: maybe(choose, 0.2) ? 0.75 : undefined,
        linearBeforeReset: gates === 3 && maybe(choose) ? true : undefined,
        inputForget: gates === 4 && maybe(choose, 0.2) ? true : undefined,
      }),
    ];
  };

export const generators: Record<string, Generator> = { rnn: random(1), gru: random(3), lstm: random(4) };

const { gru, lstm, ones, rnn } = striate;
const x = () => ones([2, 3, 4]);
const w = (gates: number, directions = 1) => ({
  input: ones([directions, 5 * gates, 4]),
  hidden: ones([directions, 5 * gates, 5]),
});
const bytes = (shape: number[]) => any(ones(shape, { dtype: 'uint8' }));

export const wrong: Wrong[] = [
  [
    'an rnn without weights',
    () => rnn(x(), any(null)),
    TypeError,
    'rnn: weights is null, must be an object of input, hidden, bias',
  ],
  [
    'a gru of a weight that there is not',
    () => gru(x(), any({ ...w(3), peephole: x() })),
    TypeError,
    "gru: weights: there is no option 'peephole'; options are input, hidden, bias",
  ],
  [
    'an lstm of a disposed weight',
    () => lstm(x(), { ...w(4), input: gone() }),
    TypeError,
    'lstm: weights.input is disposed',
  ],
  ['an rnn of a matrix', () => rnn(ones([3, 4]), w(1)), RangeError, 'rnn: x has shape 3x4, must have 3 axes'],
  ['a gru of bytes', () => gru(bytes([2, 3, 4]), w(3)), TypeError, 'gru: x is uint8, must be float32'],
  [
    'a gru of other gates',
    () => gru(x(), w(4)),
    RangeError,
    'gru: weights.hidden has shape 1x20x5, must be 1x15x5',
  ],
  [
    'an lstm of one direction for two',
    () => lstm(x(), w(4), { direction: 'bidirectional' }),
    RangeError,
    'lstm: weights.hidden has shape 1x20x5, must be 2x20x5',
  ],
  [
    'lengths of floats',
    () => lstm(x(), w(4), { lengths: any(ones([3])) }),
    TypeError,
    'lstm: lengths is float32, must be int32',
  ],
  ['a clip of nothing', () => lstm(x(), w(4), { clip: 0 }), RangeError, 'lstm: clip is 0, must be above 0'],
  [
    'activations that are a text',
    () => lstm(x(), w(4), { activations: any('tanh') }),
    TypeError,
    "lstm: activations is 'tanh', must be an array of 3 functions",
  ],
  [
    'too few activations',
    () => lstm(x(), w(4), { activations: ['tanh'] }),
    RangeError,
    'lstm: activations has 1 entry, must have 3',
  ],
  [
    'an activation that is a number',
    () => rnn(x(), w(1), { activations: any([3]) }),
    TypeError,
    'rnn: activations[0] is 3, must be a name, or { name, alpha, beta }',
  ],
];

export const layers = { rnn: null, gru: null, lstm: null };

/** Forward only. */
export const withoutGradient = ['rnn', 'gru', 'lstm'];
