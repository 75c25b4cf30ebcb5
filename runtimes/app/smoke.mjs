/**
 * What every runtime does with the installed package, imported as users import it: convolution, pooling with positions,
 * gradients, a step of training, a compiled module, a model from bytes, pictures from files and to files, wrong calls, and the
 * end with nothing alive. Gives plain data, which scripts/runtimes compares; of float32 results the digests of their bits.
 */
import {
  Conv2d,
  compile,
  conv2d,
  crossEntropy,
  disposeRuntime,
  Flatten,
  init,
  Linear,
  MaxPool2d,
  maxPool2d,
  maxUnpool2d,
  mean,
  memory,
  mul,
  ReLU,
  randn,
  runtime,
  Sequential,
  scope,
  sigmoid,
  tensor,
  valueAndGrad,
} from 'striate';
import { decodeBmp, decodeImage, encodeJpeg, encodePng, fromImage } from 'striate/image';
import { loadModel, ModelError } from 'striate/onnx';
import { SGD, trainStep } from 'striate/train';

/** An ONNX model: y = relu(conv(x, [[0, 1], [2, 3]])), x of shape [1, 1, 3, 3]. */
const MODEL =
  'CAc6cQoTCgF4CgF3EgFhGgAiBENvbnY6AAoQCgFhEgF5GgAiBFJlbHU6ABIFZ3JhcGgqHwgBCAEIAggCEAFCAXdKEAAAAAAAAIA/AAAAQAAAQEBaGwoBeBIWChQIARIQCgIIAQoCCAEKAggDCgIIA2IDCgF5QgQKABAN';

/** Files of 3 x 2 pixels: a grey one, and the same colours in the others. */
const PICTURES = {
  jpeg: '/9j/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAACAAMDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAj/xAAeEAAABgIDAAAAAAAAAAAAAAAAAQIDBAcFBhIiMf/EABQBAQAAAAAAAAAAAAAAAAAAAAD/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwC0aDpivpVO6o69outPOqhlyW5iI6lH2P0zQAAA/9k=',
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAGElEQVQImWP4z8DAAMFcInInUoz+//8PADwZB5XTjPZtAAAAAElFTkSuQmCC',
  webp: 'UklGRkIAAABXRUJQVlA4TDYAAAAvAkAAAC9AkG2zQdzr/jLTIJO2yV//dmZtZNI2rYf986+y8x9o5JGs+wYEApSx4oFtIvof4wU=',
  gif: 'R0lGODlhAwACAIIAAExpcQD/AMhkMv8AAP///wAA/woUHgAAACH5BAQAAAAALAAAAAADAAIAAAMEOFEmlAA7',
};

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Of the bits of typed arrays: two sums after Fowler, Noll and Vo, because not every page has a digest of its own. */
function digest(...arrays) {
  let [low, high] = [0x811c9dc5, 0x9747b28c];
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte, 0x0100019d) + 1;
    }
  }
  return [low, high].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The pixels of each file, of a BMP file made here, and of what is encoded. */
async function pictures() {
  const found = {};
  const keep = (name, { data, width, height, channels }) => {
    found[name] = [width, height, channels, ...data];
  };
  for (const [name, base64] of Object.entries(PICTURES)) keep(name, await decodeImage(bytesOf(base64)));
  const bmp = new Uint8Array(58);
  bmp.set([66, 77, 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24]);
  bmp.set([1, 2, 3], 54);
  keep('bmp', await decodeBmp(bmp));
  const picture = await decodeImage(bytesOf(PICTURES.png));
  keep('encodedPng', await decodeImage(encodePng(picture)));
  keep('encodedJpeg', await decodeImage(encodeJpeg(picture, { quality: 100 })));
  return found;
}

const messageOf = async (work) => {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return `${error instanceof ModelError ? 'ModelError' : error.name}: ${error.message}`;
  }
};

/** A small network: convolution, pooling, a linear layer. */
const network = () =>
  new Sequential(
    new Conv2d(2, 4, 3, { padding: 1, seed: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(4 * 3 * 3, 5, { seed: 2 }),
  );

/** Results that are no whole numbers: digests, because the last bit counts, and some of them as they are. */
function reals() {
  return scope(() => {
    const x = randn([3, 2, 6, 6], { seed: 7 });
    const weight = randn([4, 2, 3, 3], { seed: 8 });
    const y = conv2d(x, weight, null, { padding: 1 });
    const [pooled, positions] = maxPool2d(y, 2, { returnIndices: true });
    const gradients = valueAndGrad(
      (input, kernel) => {
        const out = sigmoid(conv2d(input, kernel, null, { stride: 2 }));
        return mean(mul(out, out));
      },
      [x, weight],
    );
    const program = compile(network(), { inputs: [[3, 2, 6, 6]] });
    const trained = network();
    const optimizer = new SGD(trained.parameters(), { lr: 0.1, momentum: 0.9 });
    const step = trainStep((data, classes) => crossEntropy(trained.forward(data), classes), optimizer);
    const classes = tensor(Int32Array.of(0, 4, 2));
    const losses = Float32Array.of(step(x, classes), step(x, classes));
    const out = program.run(x);
    const digests = {
      convolution: digest(y.data),
      pooling: digest(pooled.data, positions.data, maxUnpool2d(pooled, positions, 2).data),
      gradients: digest(gradients.value.data, ...gradients.grads.map(({ data }) => data)),
      training: digest(losses, ...trained.parameters().map(({ data }) => data)),
      compiled: digest(out.data),
    };
    return { bits: digests, close: [...out.data] };
  });
}

/** What must be the same on every runtime, in the variant that is running. */
async function results() {
  const image = tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 3, 3]);
  const kernel = tensor([0, 1, 2, 3], [1, 1, 2, 2]);
  const bytes = bytesOf(MODEL);
  const model = await loadModel(bytes);
  const jpeg = await decodeImage(bytesOf(PICTURES.jpeg));
  const values = scope(() => ({
    eager: [...conv2d(image, kernel).data],
    model: [...model.run({ x: image }).y.data],
  }));
  const { bits, close } = reals();
  bits.picture = scope(() => digest(fromImage(jpeg, { size: [5, 4] }).data));
  const errors = [
    await messageOf(() => conv2d(image, kernel, null, { stride: 0 })),
    await messageOf(() => loadModel(bytes.subarray(0, 40))),
    await messageOf(() => decodeImage(bytesOf(PICTURES.png).subarray(0, 60))),
  ];
  for (const one of [image, kernel, model]) one.dispose();
  const { liveBytes, liveTensors } = memory.stats();
  return { ...values, bits, close, pictures: await pictures(), errors, liveBytes, liveTensors };
}

/** The results of each variant that this runtime has; `relaxed` is null where it has none. */
export async function smoke() {
  const before = await messageOf(() => tensor([1]));
  await init({ variant: 'simd' });
  const simd = await results();
  disposeRuntime();
  await init();
  const { variant, notes, maxMemoryBytes } = runtime();
  const best = await results();
  disposeRuntime();
  return {
    before,
    simd,
    variant,
    notes: [...notes],
    maxMemoryBytes,
    relaxed: variant === 'relaxed' ? best : null,
  };
}
