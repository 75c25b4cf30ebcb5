// What gradients cost: a convolution's backward passes beside its forward pass, and a gradient's overhead per operator.
//
//   node bench/gradients.mjs [rounds]
import {
  add,
  conv2d,
  conv3d,
  convTranspose2d,
  init,
  mul,
  ones,
  randn,
  runtime,
  scope,
  sum,
  valueAndGrad,
  vjp,
} from 'striate';
import { describeMachine, median, printTable, ranAgainWithRelaxedSimd } from './machine.mjs';

/** name, operator, x, weight, options */
const LAYERS = [
  ['3x3, 16 to 16, 112x112', conv2d, [1, 16, 112, 112], [16, 16, 3, 3], { padding: 1 }],
  ['3x3, 64 to 64, 56x56', conv2d, [1, 64, 56, 56], [64, 64, 3, 3], { padding: 1 }],
  ['3x3, 128 to 128, 28x28', conv2d, [1, 128, 28, 28], [128, 128, 3, 3], { padding: 1 }],
  ['3x3 / 2, 32 to 64, 56x56', conv2d, [1, 32, 56, 56], [64, 32, 3, 3], { padding: 1, stride: 2 }],
  ['3x3 dilated by 2, 32 to 32, 56x56', conv2d, [1, 32, 56, 56], [32, 32, 3, 3], { padding: 2, dilation: 2 }],
  ['1x1, 256 to 256, 14x14', conv2d, [1, 256, 14, 14], [256, 256, 1, 1], {}],
  ['3x3, 128 groups of 1, 28x28', conv2d, [1, 128, 28, 28], [128, 1, 3, 3], { padding: 1, groups: 128 }],
  ['3x3x3, 16 to 32, 16x28x28', conv3d, [1, 16, 16, 28, 28], [32, 16, 3, 3, 3], { padding: 1 }],
  [
    '4x4 / 2 transposed, 64 to 32, 28x28',
    convTranspose2d,
    [1, 64, 28, 28],
    [64, 32, 4, 4],
    { padding: 1, stride: 2 },
  ],
];

/** Medians of the milliseconds of calls that take turns. */
function takeTurns(rounds, calls) {
  const times = calls.map(() => []);
  for (let round = -2; round < rounds; round++) {
    calls.forEach((call, i) => {
      const start = performance.now();
      scope(call);
      if (round >= 0) times[i].push(performance.now() - start);
    });
  }
  return times.map(median);
}

function layerRow(rounds, [name, operator, xShape, weightShape, options]) {
  return scope(() => {
    const [x, weight] = [randn(xShape), randn(weightShape)];
    const byInput = vjp((one) => operator(one, weight, null, options), x);
    const byWeight = vjp((one) => operator(x, one, null, options), weight);
    const dy = randn(byInput.value.shape);
    const [forward, input, kernel] = takeTurns(rounds, [
      () => void operator(x, weight, null, options),
      () => void byInput.pullback(dy),
      () => void byWeight.pullback(dy),
    ]);
    const ratio = (time) => `${time.toFixed(2)}  (${(time / forward).toFixed(2)}x)`;
    return [name, forward.toFixed(2), ratio(input), ratio(kernel)];
  });
}

/** Microseconds per operator of a gradient whose trace was seen before, on one element. */
function overhead(rounds, count) {
  return scope(() => {
    const [x, y] = [ones([1]), ones([1])];
    const chain = (one) => {
      let value = one;
      for (let i = 0; i < count; i++) value = i % 2 ? mul(value, y) : add(value, y);
      return sum(value);
    };
    const call = () => {
      for (let i = 0; i < 100; i++) scope(() => void valueAndGrad(chain, x));
    };
    const [time] = takeTurns(rounds, [call]);
    return ((time * 1000) / 100 / count).toFixed(2);
  });
}

if (!(await ranAgainWithRelaxedSimd())) {
  const rounds = Number(process.argv[2] ?? 30);
  await init();
  console.log(`\ngradients: milliseconds, median of ${rounds} rounds, variant ${runtime().variant}:`);
  console.log(`${describeMachine()}\n`);
  printTable(
    ['convolution', 'forward', 'gradient of the input', 'gradient of the weight'],
    LAYERS.map((layer) => layerRow(rounds, layer)),
  );
  console.log('\nA known gradient on one element, forward and backward, us per operator:\n');
  printTable(
    ['operators', 'us'],
    [10, 100].map((count) => [String(count), overhead(rounds, count)]),
  );
}
