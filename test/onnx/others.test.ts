/** Operators that are loaded when a model uses them: named right, and no earlier. */
import { expect, test } from 'vitest';
import { handlerTable } from '../../ts/onnx/handlers/all.ts';
import { common, handlersFor, OTHERS, tableOf } from '../../ts/onnx/handlers/index.ts';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { Graph, model } from './encode.ts';

test.each(OTHERS)('$names', async ({ names, load }) => {
  expect(Object.keys(await load()).sort()).toEqual(names.split(' ').sort());
});

test('all together are every operator', () => {
  // What comes for some of an operator's nodes alone stands for what is there.
  const names = OTHERS.filter(({ when }) => when === undefined).flatMap(({ names }) => names.split(' '));
  expect([...tableOf(common()).keys(), ...names].sort()).toEqual([...handlerTable().keys()].sort());
});

test('an ordinary network is read by what every application has', () => {
  const usual =
    'Conv MaxPool AveragePool GlobalAveragePool BatchNormalization Relu LeakyRelu PRelu Clip Sigmoid HardSwish Add Mul Concat Split Slice Reshape Flatten Transpose Shape Gather Unsqueeze Squeeze Cast Floor Div Constant Pad Resize Gemm MatMul ReduceMean Softmax';
  const known = tableOf(common());
  expect(usual.split(' ').filter((name) => !known.has(name))).toEqual([]);
});

test('a model has those that it uses, in the graphs of its nodes too', async () => {
  const of = async (nodes: Parameters<typeof model>[0]['nodes']) => {
    const proto = readModel(model({ nodes, inputs: { x: [[2]] }, outputs: ['y'] }), 'm');
    return [...(await handlersFor(proto)).keys()].sort();
  };
  expect(await of([{ op: 'Relu', in: ['x'], out: ['y'] }])).toEqual(['Relu']);
  expect(await of([{ op: 'toString', in: ['x'], out: ['y'] }])).toEqual([]);
  expect(await of([{ op: 'Det', in: ['x'], out: ['y'] }])).toEqual(['Det']);
  const branch = new Graph({ nodes: [{ op: 'Einsum', in: ['x'], out: ['y'] }], outputs: ['y'] });
  const attributes = { then_branch: branch, else_branch: branch };
  const inner = await of([{ op: 'If', in: ['x'], out: ['y'], attributes }]);
  expect(inner).toEqual(['Einsum', 'If']);
});
