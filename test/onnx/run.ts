/** Runs a few nodes as a model, for the tests of operators; what they leave alive fails the test. */
import { init, memory, type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterEach, beforeAll, expect } from 'vitest';
import { type Attribute, model, type NodeSpec, TYPE } from './encode.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

export interface Case {
  shape?: number[];
  values?: number[];
  weights?: Uint8Array[];
  opset?: number;
  type?: number;
  outputs?: string[];
}

const DTYPES = { 1: 'float32', 2: 'uint8', 3: 'int8', 6: 'int32', 7: 'int32', 9: 'uint8' } as const;

/** Runs nodes on x, which counts from 1 where it is not given; gives shape and values of each output. */
export async function run(nodes: NodeSpec[], given: Case = {}) {
  const { shape = [1, 1, 3, 3], weights = [], opset = 13, type = TYPE.float, outputs = ['y'] } = given;
  const size = shape.reduce((a, b) => a * b, 1);
  const values = given.values ?? Array.from({ length: size }, (_, i) => i + 1);
  const bytes = model({ nodes, weights, inputs: { x: [shape, type] }, outputs, opset });
  const loaded = await loadModel(bytes);
  const x = tensor(values, shape, { dtype: DTYPES[type as 1] as 'float32' });
  try {
    const results = loaded.run({ x });
    return outputs.map((name) => {
      const y = results[name] as Tensor;
      const data = Array.from(y.data);
      const dims = [...y.shape];
      y.dispose();
      return { shape: dims, data };
    });
  } finally {
    x.dispose();
    loaded.dispose();
  }
}

/** The values of one node's only output. */
export async function one(
  op: string,
  attributes: Record<string, Attribute> = {},
  given: Case = {},
  more: string[] = [],
) {
  const [y] = await run([{ op, name: 'n', in: ['x', ...more], attributes }], given);
  return y as { shape: number[]; data: number[] };
}

/** A vector as x. */
export const list = (values: number[], given: Case = {}): Case => ({
  shape: [values.length],
  values,
  ...given,
});
/** To four digits. */
export const rounded = ({ data }: { data: number[] }) => data.map((value) => Math.round(value * 1e4) / 1e4);
