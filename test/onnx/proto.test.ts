/** Models as files again: what is read, written and read once more is the same. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { protoBytes } from '../../ts/onnx/export/proto.ts';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { floats, int64s, model, sparseTensor } from './encode.ts';
import { readPack } from './testdata/pack.ts';

const written = (bytes: Uint8Array) => {
  const read = { ...readModel(bytes, 'a'), functions: new Map() };
  const isTensor = ({ graph }: typeof read) =>
    [...graph.inputs, ...graph.outputs].every(({ other }) => other === null);
  // Inputs that are no tensors are refused elsewhere.
  if (isTensor(read)) expect(readModel(protoBytes(read), 'a')).toEqual(read);
};

test("ONNX's tests of operators", () => {
  const files = [...readPack(fileURLToPath(new URL('testdata/nodes.pack', import.meta.url))).values()];
  const models = files.flatMap((test) => test.get('model.onnx') ?? []);
  expect(models.length).toBeGreaterThan(900);
  for (const bytes of models) written(bytes);
});

test('a sparse weight, metadata, a free axis without a name, and the largest int64', () => {
  const sparse = sparseTensor(floats('w', [1], [3]), int64s('places', [2]), [4]);
  written(model({ nodes: [{ op: 'Relu' }], sparse: [sparse], inputs: { x: [['?', 2]] } } as never));
  const ends = model({
    nodes: [{ op: 'Slice', attributes: { starts: [0], ends: [2n ** 63n - 1n] as never } }],
    inputs: { x: [[4]] },
    opset: 9,
  });
  const { graph } = readModel(protoBytes(readModel(ends, 'a')), 'a');
  expect(graph.nodes[0]?.attributes.get('ends')?.ints[0]).toBeGreaterThan(9e18);
});
