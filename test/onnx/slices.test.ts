/**
 * Large weights that are packed by slices: the bits are those of weights that come with the run, which are packed whole, and
 * the memory grows by the packed form and little beside it. So do files of such programs.
 */
import { disposeRuntime, init, loadCompiled, memory, type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Attribute, model, rawTensor, TYPE } from './encode.ts';

beforeEach(async () => {
  disposeRuntime();
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

interface Case {
  readonly op: string;
  readonly attributes?: Record<string, Attribute>;
  readonly x: readonly number[];
  readonly w: readonly number[];
  /** Without it floats. */
  readonly zero?: number;
}

// Channels that are no multiple of a tile's four, and of which the last slice has fewer.
const cases: Record<string, Case> = {
  'Gemm, rows of output channels': { op: 'Gemm', attributes: { transB: 1 }, x: [2, 770], w: [403, 770] },
  'MatMul, columns of output channels': { op: 'MatMul', x: [2, 770], w: [770, 403] },
  'one column of channels': { op: 'MatMul', x: [1, 1], w: [1, 200_003] },
  Conv: { op: 'Conv', attributes: { pads: [1, 1, 1, 1] }, x: [1, 64, 5, 6], w: [130, 64, 3, 3] },
  'Conv of one channel': { op: 'Conv', x: [1, 1, 40, 40], w: [259, 1, 31, 31] },
  MatMulInteger: { op: 'MatMulInteger', x: [2, 250], w: [250, 1203], zero: 7 },
  ConvInteger: { op: 'ConvInteger', x: [1, 64, 5, 6], w: [131, 64, 3, 3], zero: 0 },
};

const countOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function valuesOf({ x, w, zero }: Case) {
  const isFloat = zero === undefined;
  const some = (shape: readonly number[], of: (i: number) => number) => {
    const values = Array.from({ length: countOf(shape) }, (_, i) => of(i));
    return isFloat ? Float32Array.from(values) : Uint8Array.from(values, (one) => Math.abs(97 * one) % 256);
  };
  return { x: some(x, (i) => Math.sin(i + 1)), w: some(w, (i) => Math.cos(1.7 * i)) };
}

/** The model with w as a constant, and as an input. */
function modelOf({ op, attributes = {}, x, w, zero }: Case, values: ArrayBufferView, isConstant: boolean) {
  const type = zero === undefined ? TYPE.float : TYPE.uint8;
  const zeros = [0, zero ?? 0].map((one, i) => rawTensor(`z${i}`, TYPE.uint8, [], Uint8Array.of(one)));
  return model({
    nodes: [{ op, in: zero === undefined ? ['x', 'w'] : ['x', 'w', 'z0', 'z1'], attributes }],
    weights: [...(isConstant ? [rawTensor('w', type, w, values)] : []), ...(zero === undefined ? [] : zeros)],
    inputs: { x: [[...x], type], ...(isConstant ? {} : { w: [[...w], type] as const }) } as never,
  });
}

/** The values of y, each made from its bits. */
function run(of: { run(feeds: never): unknown }, feeds: Record<string, Tensor>): number[] {
  const { y } = of.run(feeds as never) as Record<string, Tensor>;
  const data = Array.from(y!.data);
  y!.dispose();
  return data;
}

test.each(Object.entries(cases))('%s', async (_, each) => {
  const values = valuesOf(each);
  const dtype = (each.zero === undefined ? 'float32' : 'uint8') as 'float32';
  const x = tensor(values.x, each.x, { dtype });
  const before = memory.stats().memoryBytes;
  const loaded = await loadModel(modelOf(each, values.w, true));
  const found = run(loaded, { x });
  const packed = 4 * countOf(each.w);
  expect(memory.stats().memoryBytes - before).toBeLessThan(1.25 * packed + 8 * found.length + (1 << 18));
  const files = (['float32', 'float16', 'int8'] as const).map((weights) => loaded.save({ weights }));
  loaded.dispose();
  const w = tensor(values.w, each.w, { dtype });
  const whole = await loadModel(modelOf(each, values.w, false));
  expect(found).toEqual(run(whole, { x, w }));
  whole.dispose();
  w.dispose();
  for (const [i, file] of files.entries()) {
    const compiled = await loadCompiled(file);
    const saved = run(compiled, { x });
    compiled.dispose();
    if (i === 0) expect(saved).toEqual(found);
    // Each weight is off by at most 1/254; one that lies elsewhere would be by as much as it is.
    const most = 0.02 * Math.sqrt(packed / 4 / Math.max(each.w[0] as number, each.w.at(-1) as number));
    expect(saved.every((value, k) => Math.abs(value - found[k]!) < most)).toBe(true);
  }
  x.dispose();
});
