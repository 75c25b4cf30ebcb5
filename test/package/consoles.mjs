/** What a console shows, in the runtime that runs this. */
import { Conv2d, compile, init, Sequential, tensor } from '../../dist/index.js';

await init();
const x = tensor([
  [1, 2, 3],
  [4, 5, 6.1],
]);
console.log(x);
console.log({ x });
console.log(new Sequential(new Conv2d(1, 2, 3)));
console.log(compile(new Conv2d(1, 2, 3), { inputs: [[1, 1, 3, 3]] }));
