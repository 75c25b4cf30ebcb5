// What an operator costs on a tiny tensor: the call, the kernel, the result's handle and its disposal; and one of a
// function whose gradient was computed before.
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { race } from '../race.mjs';
import {
  add,
  conv2d,
  linear,
  maxPool2d,
  mean,
  mul,
  relu,
  sigmoid,
  tensor,
  valueAndGrad,
} from '../striate.mjs';
import { figure, table } from '../table.mjs';

const ROUNDS = 51;
const SIDE = 4;

/** Two operators in turns: neither may cost the other its plan. */
const turns = (first, second) => () => {
  first().dispose();
  return second();
};

/** Eight layers and a mean. */
const DEPTH = 8;

function gradient() {
  const x = tensor(Float32Array.of(1, -2, 3, -4), [1, SIDE]);
  const weight = tensor(new Float32Array(SIDE * SIDE).fill(0.5), [SIDE, SIDE]);
  const bias = tensor(new Float32Array(SIDE).fill(0.5), [SIDE]);
  const loss = () => {
    let y = x;
    for (let i = 0; i < DEPTH; i++) y = relu(linear(y, weight, bias));
    return mean(y);
  };
  return () => {
    const { value, grads } = valueAndGrad(loss, weight, bias);
    for (const one of grads) one.dispose();
    return value;
  };
}

/** name, the call on 1 x 1 x 4 x 4, and how many operators it is */
function calls() {
  const image = (from) =>
    tensor(
      Float32Array.from({ length: SIDE * SIDE }, (_, i) => from + i),
      [1, 1, SIDE, SIDE],
    );
  const [x, y] = [image(-8), image(1)];
  const weight = tensor(new Float32Array(9).fill(0.5), [1, 1, 3, 3]);
  const point = tensor([2], [1, 1, 1, 1]);
  const padded = { padding: 1 };
  return [
    ['relu(x)', () => relu(x)],
    ['add(x, y)', () => add(x, y)],
    ['conv2d(x, weight), 1x1', () => conv2d(x, point)],
    ['conv2d(x, weight, null, { padding: 1 }), 3x3', () => conv2d(x, weight, null, padded)],
    ['maxPool2d(x, 2)', () => maxPool2d(x, 2)],
    [
      'relu(x) and sigmoid(x) in turns, each',
      turns(
        () => relu(x),
        () => sigmoid(x),
      ),
      2,
    ],
    [
      'add(x, y) and mul(x, y) in turns, each',
      turns(
        () => add(x, y),
        () => mul(x, y),
      ),
      2,
    ],
    ['valueAndGrad of 8 relu(linear(x)) and a mean, each', gradient(), 2 * DEPTH + 1],
  ];
}

export async function run(bench) {
  const { filter, variants } = bench.options;
  const rounds = bench.rounds(ROUNDS);
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    const wanted = calls().filter(([name]) => matches(filter, name));
    bench.progress(`eager, ${variant}`);
    const runs = wanted.map(
      ([, call]) =>
        () =>
          call().dispose(),
    );
    const ms = await race(runs, { rounds });
    rows.push(...wanted.map(([name, , calls = 1], i) => ({ name, variant, us: (ms[i] * 1000) / calls })));
  }
  if (rows.length > 0) {
    const cells = rows.map(({ name, variant, us }) => [name, variant, figure(us)]);
    bench.print(`\neager, us per call on 1 x 1 x 4 x 4:\n\n${table(['call', 'variant', 'us'], cells, 2)}`);
  }
  return rows;
}
