// What an eager operator costs on a tiny tensor: the call, the kernel, the result's handle and its disposal.
//
//   node bench/eager.mjs [batches]
import { add, conv2d, init, relu, runtime, tensor } from 'striate';
import { describeMachine, median, printTable, ranAgainWithRelaxedSimd } from './machine.mjs';

const CALLS = 2000; // a batch takes a few milliseconds, far above the clock's resolution

function microseconds(batches, operator) {
  const times = [];
  for (let batch = -20; batch < batches; batch++) {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) operator().dispose();
    if (batch >= 0) times.push(((performance.now() - start) * 1000) / CALLS);
  }
  return median(times).toFixed(2);
}

if (!(await ranAgainWithRelaxedSimd())) {
  const batches = Number(process.argv[2] ?? 100);
  await init();
  const x = tensor([1, -2, 3, -4], [1, 1, 2, 2]);
  const y = tensor([5, 6, 7, 8], [1, 1, 2, 2]);
  const weight = tensor([2], [1, 1, 1, 1]);
  const rows = [
    ['relu(x)', microseconds(batches, () => relu(x))],
    ['add(x, y)', microseconds(batches, () => add(x, y))],
    ['conv2d(x, weight), 1x1', microseconds(batches, () => conv2d(x, weight))],
    [
      'conv2d(x, weight, null, { stride: 2 })',
      microseconds(batches, () => conv2d(x, weight, null, { stride: 2 })),
    ],
  ];
  console.log(
    `\neager: us per call, 2 x 2 pixels, median of ${batches} batches, variant ${runtime().variant}:`,
  );
  console.log(`${describeMachine()}\n`);
  printTable(['operator', 'us'], rows);
}
