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
  const names = OTHERS.flatMap(({ names }) => names.split(' '));
  expect([...tableOf(common()).keys(), ...names].sort()).toEqual([...handlerTable().keys()].sort());
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
