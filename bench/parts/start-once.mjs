// One start of the entry that Node, Deno and Bun take, for start.mjs: prints the milliseconds from before the import to the first convolution's result.
const start = performance.now();
const { conv2d, init, tensor } = await import('../../dist/index.node.js');
const imported = performance.now();
await init();
const ready = performance.now();
const y = conv2d(tensor([1, 2, 3, 4], [1, 1, 2, 2]), tensor([1, 10, 100, 1000], [1, 1, 2, 2]));
const [value] = y.data;
const end = performance.now();
if (value !== 4321) throw new Error(`the first convolution gave ${value}, must be 4321`);
console.log(
  JSON.stringify({ import: imported - start, init: ready - imported, first: end - ready, all: end - start }),
);
