// Learns a convolution's kernel from pictures and what the kernel makes of them.
//
//   npm run example -- learn-kernel
//
// The textbook's exercise: given random pictures and their edges, gradient descent finds the kernel that makes the ones of the
// others; then the same for a Gaussian blur. Nothing but the pairs is known to the net.
import { Conv2d, conv2d, init, manualSeed, mseLoss, randn, scope, type Tensor, tensor } from 'striate';
import { Adam, CosineAnnealingLR, trainStep } from 'striate/train';

/** Sobel's for vertical edges, and a Gaussian of deviation 1 in five by five. */
export const KERNELS: Readonly<Record<string, number[][]>> = {
  'an edge': [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
  'a Gaussian blur': gaussian(5, 1),
};

function gaussian(size: number, deviation: number): number[][] {
  const line = Array.from({ length: size }, (_, i) =>
    Math.exp(-(((i - (size - 1) / 2) / deviation) ** 2) / 2),
  );
  const total = line.reduce((a, b) => a + b) ** 2;
  return line.map((a) => line.map((b) => (a * b) / total));
}

const show = (rows: number[][]) =>
  rows.map((row) => `  ${row.map((value) => value.toFixed(3).padStart(7)).join(' ')}`).join('\n');

/** Learns `kernel` in `steps` steps; gives what was learned. */
export function learnKernel(kernel: number[][], steps: number, log: (line: string) => void): number[][] {
  return scope(() => {
    manualSeed(1);
    const size = kernel.length;
    const truth = tensor(kernel).reshape([1, 1, size, size]);
    const net = new Conv2d(1, 1, size, { bias: false });
    const optimizer = new Adam(net.parameters(), { lr: 0.1 });
    const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
    const step = trainStep((x: Tensor, y: Tensor) => mseLoss(net.forward(x), y), optimizer);
    for (let i = 0; i < steps; i++) {
      scope(() => {
        const pictures = randn([8, 1, 24, 24]);
        const loss = step(pictures, conv2d(pictures, truth));
        if (i % 10 === 0)
          log(`step ${String(i).padStart(3)}: loss ${loss.toExponential(2)}\n${show(learned(net))}`);
      });
      schedule.step();
    }
    return learned(net);
  });
}

const learned = (net: Conv2d) => {
  const values = net.weight.toArray() as number[][][][];
  return (values[0] as number[][][])[0] as number[][];
};

export async function main(): Promise<void> {
  await init();
  for (const [name, kernel] of Object.entries(KERNELS)) {
    console.log(`\nLearning ${name}:`);
    const found = learnKernel(kernel, 200, console.log);
    const error = Math.max(
      ...found.flatMap((row, i) => row.map((value, j) => Math.abs(value - kernel[i]![j]!))),
    );
    console.log(`learned, to ${error.toExponential(1)}:\n${show(found)}`);
  }
}
