/** Costs: of every operator, of known networks as fvcore counts them, and how what is not known is told. */
import * as striate from 'striate';
import {
  BatchNorm2d,
  Conv2d,
  conv2d,
  GroupNorm,
  groupNorm,
  lstm,
  Module,
  relu,
  Sequential,
  scope,
  type Tensor,
  topK,
  zeros,
} from 'striate';
import { analyze } from 'striate/analyze';
import { exportOnnx, loadModel } from 'striate/onnx';
import { expect, test } from 'vitest';
import { entryOf, operator } from '../../ts/ops/operator.ts';
import { argumentsWith } from '../support/calls.ts';
import { calls } from '../support/families.ts';
import { withRuntime } from '../support/runtime.ts';
import * as nets from './nets.ts';

const PICTURE = [[1, 3, 224, 224]];

/** An operator that nobody has counted. */
const mystery = operator(
  { ...entryOf(relu)!, name: 'mystery' },
  (invoke) =>
    (x: Tensor): Tensor =>
      invoke([x], [])[0] as Tensor,
);

withRuntime('the cost of', () => {
  test('every operator: complete, but where it depends on values, and of recurrent cells', () => {
    const found = new Map<string, string>();
    for (const call of calls) {
      if (found.has(call.op) || call.tensors.length === 0) continue;
      const f = (striate as unknown as Record<string, (...args: unknown[]) => unknown>)[call.op];
      if (typeof f !== 'function') continue;
      const inputs = call.tensors.map(({ shape, dtype }) => ({ shape, dtype }));
      const { layers } = scope(() =>
        analyze((...xs: Tensor[]) => f(...argumentsWith(call, xs)), { inputs } as never),
      );
      const own = layers.find((row) => row.operator === call.op);
      if (own !== undefined) found.set(call.op, own.cost);
    }
    expect(found.size).toBeGreaterThan(120);
    const named = (cost: string) => [...found].flatMap(([name, one]) => (one === cost ? [name] : [])).sort();
    expect(named('unavailable')).toEqual([]);
    expect(named('partial')).toEqual(['gru', 'lstm', 'rnn', 'roiAlign', 'roiPool', 'sort', 'topK']);
  });

  // fvcore counts batch norm (2 an element) and adaptive pooling, and no other operations.
  test.each([
    ['AlexNet', nets.alexnet, 714_188_480 + 9_216],
    ['ResNet-18', nets.resnet18, 1_819_065_856],
    ['ResNet-50', nets.resnet50, 4_111_512_576],
    ['MobileNet-V2', nets.mobilenetV2, 314_193_216],
  ])('%s: MACs, batch norm and adaptive pooling are what fvcore adds up', (_, make, expected) =>
    scope(() => {
      const { layers, totals } = analyze(make(), { inputs: PICTURE });
      const some = layers.filter(({ operator: name }) => ['batchNorm', 'adaptiveAvgPool2d'].includes(name));
      const sum = some.reduce((total, row) => total + (row.operations as number), 0);
      expect(totals.macs + sum).toBe(expected);
      expect([totals.cost, totals.unknown]).toEqual(['complete', { macs: [], operations: [] }]);
    }),
  );

  test('large nets: sums are exact whole numbers', () =>
    scope(() => {
      // Weights come in, so that nobody allocates them; 1001 x 1001 places of 11 x 11 between 255 and 253 channels, thirty times.
      const net = (x: Tensor, w: Tensor) => Array.from({ length: 30 }, () => conv2d(x, w));
      const { totals } = analyze(net, {
        inputs: [
          [1, 255, 1011, 1011],
          [253, 255, 11, 11],
        ],
      });
      expect(BigInt(totals.macs)).toBe(30n * 253n * 1001n ** 2n * 255n * 121n);
      expect(totals.macs).toBeGreaterThan(2 ** 47);
    }));

  test('a bias, an activation, a pool, norms: of one sample', () =>
    scope(() => {
      const of = (net: Parameters<typeof analyze>[0], shape: number[]) =>
        analyze(net, { inputs: [shape] }).layers.map(({ operations }) => operations);
      expect(of(new Conv2d(3, 8, 3, { padding: 1 }), [4, 3, 16, 16])).toEqual([2_048]);
      expect(of(new Conv2d(3, 8, 3, { padding: 1, bias: false }), [4, 3, 16, 16])).toEqual([0]);
      expect(of(relu, [2, 3, 4, 5])).toEqual([60]);
      expect(of(new striate.MaxPool2d(3, { stride: 2 }), [1, 2, 9, 9])).toEqual([2 * 16 * 9]);
      expect(of(new striate.AdaptiveAvgPool2d(3), [1, 2, 7, 7])).toEqual([2 * 9 * 9]);
      expect(of(new BatchNorm2d(4), [2, 4, 5, 5])).toEqual([2 * 100]);
      expect(of(new GroupNorm(2, 4), [2, 4, 5, 5])).toEqual([5 * 100]);
      expect(of((x: Tensor) => groupNorm(x, 2), [2, 4, 5, 5])).toEqual([4 * 100]);
    }));
});

withRuntime('what is not known', () => {
  test('makes sums lower bounds, which are marked and name the operator', () =>
    scope(() => {
      const conv = new Conv2d(1, 2, 3);
      const net = (x: Tensor) => relu(mystery(conv.forward(x)));
      const found = analyze(net, { inputs: [[1, 1, 6, 6]] });
      expect(found.layers.map(({ macs, operations, cost }) => [macs, operations, cost])).toEqual([
        [288, 32, 'complete'],
        [null, null, 'unavailable'],
        [0, 32, 'complete'],
      ]);
      expect(found.totals).toMatchObject({
        macs: 288,
        operations: 64,
        cost: 'partial',
        unknown: { macs: ['mystery'], operations: ['mystery'] },
      });
      const lines = found.toString({ columns: ['macs', 'operations', 'cost'] }).split('\n');
      expect(lines.slice(2)).toEqual([
        'Not known: the MACs of mystery; ≥ is a lower bound.',
        'Not known: the operations of mystery; ≥ is a lower bound.',
        '',
        'layer     MACs  operations         cost',
        'conv2d     288          32     complete',
        'mystery      ?           ?  unavailable',
        'relu         0          32     complete',
        'total    ≥ 288        ≥ 64      partial',
      ]);
      expect(found.toString()).toContain('cost');
      expect(found.toString({ depth: 1, sort: 'macs', columns: ['macs'] }).split('\n')[6]).toBe(
        'mystery      ?',
      );
      expect(found.toSvg()).toContain('aria-label="Layers: ≥ 288 MACs, 20 parameters');
    }));

  test('in a group of layers marks the group; alone it is a question mark', () =>
    scope(() => {
      class Odd extends Module<[Tensor], Tensor> {
        conv = new Conv2d(1, 1, 1, { bias: false });
        forward(x: Tensor): Tensor {
          return mystery(this.conv.forward(x));
        }
      }
      const found = analyze(new Sequential({ a: new Odd(), b: new Odd() }), { inputs: [[1, 1, 2, 2]] });
      expect(
        found
          .toString({ depth: 1, columns: ['macs'] })
          .split('\n')
          .slice(-3),
      ).toEqual(['a       ≥ 4', 'b       ≥ 4', 'total   ≥ 8']);
      const alone = analyze(mystery, { inputs: [[1, 1, 2, 2]] });
      expect(alone.totals.cost).toBe('unavailable');
      expect(
        alone
          .toString({ columns: ['macs', 'operations'] })
          .split('\n')
          .at(-1),
      ).toBe('total       ?           ?');
    }));

  test('where only other operations are not known, MACs are exact: those of all steps of a recurrent cell', () =>
    scope(() => {
      const weights = { input: zeros([1, 16, 3]), hidden: zeros([1, 16, 4]) };
      const net = (x: Tensor) => topK(lstm(x, weights)[0], 2)[0];
      const found = analyze(net, { inputs: [[5, 2, 3]] });
      const row = found.layers.find(({ operator: name }) => name === 'lstm');
      expect(row).toMatchObject({ macs: 5 * 16 * (3 + 4), operations: null, cost: 'partial' });
      expect(found.totals.unknown).toEqual({ macs: [], operations: ['lstm', 'topK'] });
      expect(`${found}`).toContain('Not known: the operations of lstm, topK; ≥ is a lower bound.');
      expect(`${found}`).not.toContain('the MACs of');
    }));

  test('a free axis: the shape that is needed is named', async () => {
    const net = new Conv2d(3, 2, 3);
    const model = await loadModel(
      scope(() => exportOnnx(net, { inputs: [{ name: 'picture', shape: ['batch', 3, 'height', 'width'] }] })),
    );
    try {
      scope(() =>
        expect(() => analyze(model, {} as never)).toThrow(
          'analyze: inputs is undefined, must be an array of shapes: a number for each axis of picture [batch, 3, height, width]',
        ),
      );
    } finally {
      model.dispose();
      net.dispose();
    }
  });
});
