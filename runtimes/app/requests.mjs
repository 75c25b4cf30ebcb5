/**
 * A process that lives long: each request is a JPEG file of another size, on which eager operators, a compiled network and gradients
 * compute; the answer is a number. And how much memory the library has.
 */
import {
  avgPool2d,
  Conv2d,
  compile,
  conv2d,
  init,
  mean,
  memory,
  ReLU,
  Sequential,
  scope,
  valueAndGrad,
} from 'striate';
import { decodeImage, encodeJpeg, fromImage } from 'striate/image';

const SIZES = 48;

/** Files of sizes from 24 x 120 to 118 x 26 pixels. */
export const pictures = () =>
  Array.from({ length: SIZES }, (_, i) => {
    const [width, height] = [24 + 2 * i, 120 - 2 * i];
    const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => (at * (i + 7)) % 251);
    return encodeJpeg({ data, width, height });
  });

/** What answers requests. */
export async function service() {
  await init();
  const first = new Conv2d(3, 8, 3, { stride: 2, seed: 1 });
  const net = new Sequential(first, new ReLU(), new Conv2d(8, 16, 3, { stride: 2, seed: 2 }));
  const program = compile(net, { inputs: [[1, 3, 64, 64]] });
  const { weight } = first;
  return async (file) => {
    const picture = await decodeImage(file);
    return scope(() => {
      const whole = fromImage(picture);
      const small = fromImage(picture, { size: [64, 64] });
      // Programs of ever new shapes: of one operator, and of a gradient.
      const eager = mean(avgPool2d(conv2d(whole, weight, null, { padding: 1 }), 2));
      const { value } = valueAndGrad((kernel) => mean(conv2d(whole, kernel)), [weight]);
      return program.run(small).data[0] + eager.item() + value.item();
    });
  };
}

export const usage = () => {
  const { liveBytes, liveTensors, cacheBytes, memoryBytes } = memory.stats();
  return { liveBytes, liveTensors, cacheBytes, memoryBytes };
};
