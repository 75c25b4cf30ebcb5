// LiteRT.js in a page, one thread: a compiled model and its buffers. Its classes know no int8, what they wrap does, so that is used.
// The name is the page's: under its own, the types that come with it would change Float32Array's in the whole repository.
import { loadLiteRt } from 'litert';

export const name = 'LiteRT.js';

const TYPES = { float32: [1, Float32Array], int8: [9, Int8Array] };

let runtime;

export async function start(folder) {
  runtime = await loadLiteRt(folder, { threads: false });
}

/** A buffer of its own memory with these values. */
function bufferOf({ shape, type, data }) {
  const wasm = runtime.liteRtWasm;
  const sizes = new wasm.VectorInt32();
  for (const size of shape) sizes.push_back(size);
  const layout = wasm.LiteRtLayout.create(sizes);
  const ranked = wasm.LiteRtRankedTensorType.create({ value: TYPES[type][0] }, layout);
  const { HOST_MEMORY } = wasm.LiteRtTensorBufferType;
  const { liteRtEnvironment } = runtime.getDefaultEnvironment();
  const buffer = wasm.LiteRtTensorBuffer.createManaged(
    liteRtEnvironment,
    HOST_MEMORY,
    ranked,
    data.byteLength,
  );
  const at = buffer.lock(wasm.LiteRtTensorBufferLockMode.WRITE);
  wasm.HEAPU8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  buffer.unlock();
  for (const one of [ranked, layout, sizes]) one.delete();
  return buffer;
}

function valuesOf(buffer, type) {
  const wasm = runtime.liteRtWasm;
  const at = buffer.lock(wasm.LiteRtTensorBufferLockMode.READ);
  const values = new TYPES[type][1](wasm.HEAPU8.slice(at, at + buffer.packedSize()).buffer);
  buffer.unlock();
  return values;
}

/** The compiled model, and what frees it. */
async function compiled(bytes) {
  const wasm = runtime.liteRtWasm;
  const environment = runtime.getDefaultEnvironment();
  const at = wasm._malloc(bytes.byteLength);
  wasm.HEAPU8.set(bytes, at);
  const loaded = wasm.loadModel(environment.liteRtEnvironment, at, bytes.byteLength);
  const model = await wasm.compileModel(environment.liteRtEnvironment, loaded, {
    ...{ environment, accelerator: 'wasm', cpuOptions: { numThreads: 1 }, gpuOptions: {}, webNNOptions: {} },
  });
  const free = () => {
    for (const one of [model, loaded]) one.delete();
    wasm._free(at);
  };
  return { model, free };
}

/** `input`: { shape, type, data }; outputs are of the same type. */
export async function prepare(bytes, input) {
  const { model, free } = await compiled(bytes);
  if (!model.isFullyAccelerated()) throw new Error('LiteRT.js leaves operators to its plain kernels');
  const buffer = bufferOf(input);
  const call = () => model.run(0, [buffer]);
  const freed = (outputs) => {
    for (const one of outputs) one.delete();
  };
  return {
    run() {
      const outputs = call();
      return outputs instanceof Promise ? outputs.then(freed) : freed(outputs);
    },
    async output() {
      const outputs = await call();
      const values = outputs.map((one) => valuesOf(one, input.type));
      freed(outputs);
      return values;
    },
    dispose() {
      buffer.delete();
      free();
    },
  };
}
