/**
 * What every runtime does with the installed package, imported as users import it: `init`, tensors, an operator, a
 * compiled module, a model from bytes, pictures from files and to files, and the end with nothing alive. Gives plain data for a
 * test to compare.
 */
import {
  Conv2d,
  compile,
  conv2d,
  disposeRuntime,
  init,
  memory,
  randn,
  runtime,
  scope,
  sigmoid,
  tensor,
} from 'striate';
import { decodeBmp, decodeImage, encodeJpeg, encodePng } from 'striate/image';
import { loadModel, ModelError } from 'striate/onnx';

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

/** Everything that must be the same on every runtime, in the variant that is running. */
async function results() {
  const image = tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 3, 3]);
  const kernel = tensor([0, 1, 2, 3], [1, 1, 2, 2]);
  const bytes = bytesOf(MODEL);
  const model = await loadModel(bytes);
  const values = scope(() => {
    const net = new Conv2d(2, 3, 3, { padding: 1, seed: 1 });
    const program = compile(net, { inputs: [[1, 2, 5, 5]] });
    const noise = randn([1, 2, 5, 5], { seed: 7 });
    return {
      eager: [...conv2d(image, kernel).data],
      model: [...model.run({ x: image }).y.data],
      // To the last bit: float32 values print exactly.
      compiled: [...program.run(noise).data],
      sigmoid: [...sigmoid(noise).data],
    };
  });
  const errors = [
    await messageOf(() => conv2d(image, kernel, null, { stride: 0 })),
    await messageOf(() => loadModel(bytes.subarray(0, 40))),
    await messageOf(() => decodeImage(bytesOf(PICTURES.png).subarray(0, 60))),
  ];
  for (const one of [image, kernel, model]) one.dispose();
  const { liveBytes, liveTensors } = memory.stats();
  return { ...values, pictures: await pictures(), errors, liveBytes, liveTensors };
}

/** The results of each variant that this runtime has; `relaxed` is null where it has none. */
export async function smoke() {
  const before = await messageOf(() => tensor([1]));
  await init({ variant: 'simd' });
  const simd = await results();
  disposeRuntime();
  await init();
  const { variant } = runtime();
  const best = await results();
  disposeRuntime();
  return { before, simd, relaxed: variant === 'relaxed' ? best : null };
}
