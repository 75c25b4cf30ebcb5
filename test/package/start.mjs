/** Prints the modules of Node that are loaded from the import to the first convolution's value. */
const before = new Set(process.moduleLoadList);
const { conv2d, init, tensor } = await import('../../dist/index.node.js');
await init();
const [value] = conv2d(tensor([[[[2]]]]), tensor([[[[3]]]])).data;
if (value !== 6) throw new Error(`2 * 3 is ${value}`);
console.log(JSON.stringify(process.moduleLoadList.filter((name) => !before.has(name))));
