/** Functions that a model brings along: their calls are their nodes. */
import { disposeRuntime, init, memory, type Tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  Float,
  type FunctionSpec,
  Graph,
  type ModelSpec,
  model,
  Reference,
  rawTensor,
  TYPE,
} from './encode.ts';

beforeAll(async () => {
  await init();
});
afterEach(() => expect(memory.stats().liveTensors).toBe(0));
afterAll(disposeRuntime);

async function runs(functions: FunctionSpec[], spec: Omit<ModelSpec, 'functions'>, x: number[]) {
  const loaded = await loadModel(model({ inputs: { x: [[x.length]] }, ...spec, functions }));
  try {
    const results = loaded.run({ x: Float32Array.from(x) });
    return Object.values(results).map((one) => {
      const values = (one as Tensor).toArray();
      one.dispose();
      return values;
    });
  } finally {
    loaded.dispose();
  }
}

/** alpha * x + shift, where a call may leave out alpha, shift and the second output. */
const scaled: FunctionSpec = {
  name: 'Scaled',
  in: ['a'],
  out: ['b', 'c'],
  attributes: ['alpha'],
  defaults: { alpha: new Float(0.5) },
  nodes: [
    { op: 'LeakyRelu', in: ['a'], out: ['t'], attributes: { alpha: new Reference('alpha') } },
    { op: 'Add', in: ['t', 'a'], out: ['b'] },
    { op: 'Neg', in: ['t'], out: ['c'] },
  ],
};
const call = (from: string, to: string[], attributes = {}) => ({
  op: 'Scaled',
  domain: 'own',
  in: [from],
  out: to,
  attributes,
});

describe('functions of a model', () => {
  test('each call has values of its own, and attributes of the call or the default', async () => {
    const nodes = [call('x', ['u', 'v']), call('u', ['y'], { alpha: new Float(0.25) })];
    // u = x + leaky(x, 0.5), v = -leaky(x, 0.5), y = u + leaky(u, 0.25)
    expect(await runs([scaled], { nodes, outputs: ['u', 'v', 'y'] }, [2, -2])).toEqual([
      [4, -3],
      [-2, 1],
      [8, -3.75],
    ]);
  });
  test('functions call functions, and pass what they are given', async () => {
    const twice: FunctionSpec = {
      name: 'Twice',
      in: ['x', 'y'],
      out: ['z', 'x'],
      nodes: [call('x', ['t']), call('t', ['z'])],
    };
    const nodes = [{ op: 'Twice', domain: 'own', in: ['x'], out: ['y', 'same'] }];
    expect(await runs([scaled, twice], { nodes, outputs: ['y', 'same'] }, [1, -4])).toEqual([
      [4, -9],
      [1, -4],
    ]);
  });
  test('graphs in their attributes read their names, but for those that they have themselves', async () => {
    const branch = (op: string) =>
      new Graph({ nodes: [{ op, in: ['t'], out: ['r'] }], outputs: ['r'], inputs: {} });
    const own = new Graph({
      nodes: [
        { op: 'Neg', in: ['a'], out: ['t'] },
        { op: 'Exp', in: ['t'], out: ['r'] },
      ],
      outputs: ['r'],
      inputs: {},
    });
    const chosen: FunctionSpec = {
      name: 'Chosen',
      in: ['a', 'yes'],
      out: ['b'],
      nodes: [
        { op: 'Add', in: ['a', 'a'], out: ['t'] },
        { op: 'If', in: ['yes'], out: ['b'], attributes: { then_branch: branch('Abs'), else_branch: own } },
      ],
    };
    const node = (yes: string, to: string) => ({ op: 'Chosen', domain: 'own', in: ['x', yes], out: [to] });
    const flag = (name: string, value: number) => rawTensor(name, TYPE.bool, [], Uint8Array.of(value));
    const spec = {
      nodes: [node('yes', 'y'), node('no', 'z')],
      weights: [flag('yes', 1), flag('no', 0)],
      outputs: ['y', 'z'],
    };
    expect(await runs([chosen], spec, [-3, 0])).toEqual([
      [6, 0],
      [Math.fround(Math.exp(3)), 1],
    ]);
  });
  test.each<[string, FunctionSpec[], string]>([
    [
      'one that calls itself',
      [{ ...scaled, nodes: [call('a', ['b'])] }],
      'model: function own.Scaled is called more than 32 deep',
    ],
    [
      'calls that double with each function',
      Array.from({ length: 25 }, (_, i) => ({
        ...scaled,
        name: i === 0 ? 'Scaled' : `F${i}`,
        nodes: [0, 1].map((k) => ({ op: `F${i + 1}`, domain: 'own', in: ['a'], out: [`b${k}`] })),
      })),
      'model: function own.F22: its calls become more than 200000 nodes',
    ],
    [
      'of another operator set',
      [{ ...scaled, opset: 15 }],
      "model: function own.Scaled is of operator set 15, must be of the model's, 13",
    ],
    [
      'more than it takes',
      [{ ...scaled, in: [] }],
      'model: function own.Scaled is called with 1 inputs for 1 outputs, must be at most 0 for 2',
    ],
  ])('%s', async (_, functions, sentence) => {
    await expect(runs(functions, { nodes: [call('x', ['y'])] }, [1])).rejects.toThrow(sentence);
  });
});
