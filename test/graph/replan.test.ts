/** Graphs that are given the types of later traces: what a full rewriting would have made of these. */
import {
  add,
  conv2d,
  div,
  globalAvgPool,
  init,
  matmul,
  mean,
  mul,
  ones,
  pad2d,
  permute,
  randn,
  relu,
  reshape,
  slice,
  sqrt,
  sub,
  type Tensor,
} from 'striate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atOnce } from '../../ts/base/steps.ts';
import type { Graph } from '../../ts/graph/graph.ts';
import { Trace } from '../../ts/graph/trace.ts';
import { symbolOf } from '../../ts/tensor/tensor.ts';
import { Replan } from '../../ts/transforms/replan.ts';

type Shape = readonly number[];
type Run = (...xs: Tensor[]) => Tensor;

const made: Tensor[] = [];
const constant = (shape: number[]): Tensor => {
  const one = randn(shape);
  made.push(one);
  return one;
};

beforeAll(() => init());
afterAll(() => {
  for (const one of made) one.dispose();
});

/** The graph of a function of inputs of these shapes. */
function plan(replan: Replan, run: Run, shapes: readonly Shape[]): Graph {
  const trace = new Trace();
  const xs = shapes.map((shape) => symbolOf(trace.input({ shape, dtype: 'float32' })) as unknown as Tensor);
  const result = trace.run('test', () => run(...xs));
  const { graph, keep } = atOnce(replan.graphOf(trace, 'test', [trace.valueOf(result)]));
  keep();
  trace.close();
  return graph;
}

/** What a graph computes, types and places included. */
function textOf(graph: Graph): string {
  graph.verify();
  const types = graph.nodes.flatMap(({ outputs }) => outputs.map(({ shape, home }) => [shape, home?.offset]));
  return `${graph.print()}\n${JSON.stringify(types)}`;
}

interface Case {
  readonly make: () => Run;
  /** Of the input, in several plans; of the first two, the second needs no rewriting. */
  readonly shapes: readonly Shape[];
  /** Of another input, where there is one. */
  readonly others?: readonly Shape[];
}

const w = () => constant([2, 2, 3, 3]);
const perChannel = () => constant([1, 2, 1, 1]);

const cases: Record<string, Case> = {
  'maps of channels, an activation and a gate': {
    make() {
      const [weight, scale, shift] = [w(), perChannel(), perChannel()];
      return (x) => {
        const y = relu(add(mul(conv2d(x!, weight, null, { padding: 1 }), scale), shift));
        return add(y, mul(y, globalAvgPool(y)));
      };
    },
    shapes: [
      [1, 2, 5, 7],
      [1, 2, 9, 4],
      [1, 2, 1, 1],
      [3, 2, 1, 4],
      [2, 2, 2, 2],
    ],
  },
  'transposes, of which some move nothing': {
    make: () => (x) => permute(add(relu(permute(x!, [0, 2, 3, 1])), 1), [0, 2, 1, 3]),
    shapes: [
      [1, 3, 4, 5],
      [1, 3, 6, 2],
      [1, 3, 1, 5],
      [1, 3, 4, 1],
      [2, 1, 4, 4],
    ],
  },
  'shapes of shapes': {
    make() {
      const weight = constant([6, 4]);
      return (x) => {
        const [n, c, h] = x!.shape as [number, number, number, number];
        const rows = reshape(reshape(relu(x!), [n, c * h, -1]), [n * c * h, -1]);
        return reshape(matmul(rows, weight), [n, c, h, 4]);
      };
    },
    shapes: [
      [1, 3, 4, 6],
      [1, 3, 7, 6],
      [1, 1, 4, 6],
      [2, 3, 2, 6],
    ],
  },
  'a part that may be the whole': {
    make: () => (x) => relu(slice(x!, [0, 0], [Number.MAX_SAFE_INTEGER, 4])),
    shapes: [
      [3, 6],
      [5, 6],
      [3, 4],
      [3, 3],
    ],
  },
  'layer norm of an axis that may have any size': {
    make: () => (x) => {
      const from = sub(x!, mean(x!, { dim: -1, keepDim: true }));
      return div(from, sqrt(add(mean(mul(from, from), { dim: -1, keepDim: true }), 1e-5)));
    },
    shapes: [
      [3, 6],
      [5, 6],
      [3, 4],
      [1, 4],
    ],
  },
  'padding that depends on the size': {
    make() {
      const weight = w();
      return (x) => {
        const odd = x!.shape[3]! % 2;
        const widths = [
          [0, 0],
          [odd, 1 - odd],
        ] as const;
        return conv2d(pad2d(x!, widths), weight);
      };
    },
    shapes: [
      [1, 2, 5, 7],
      [1, 2, 5, 9],
      [1, 2, 5, 8],
      [1, 2, 5, 6],
    ],
  },
  'a sum that may be stretched': {
    make() {
      const weight = w();
      return (x, y) => add(conv2d(x!, weight, null, { padding: 1 }), y!);
    },
    shapes: [
      [1, 2, 4, 4],
      [1, 2, 5, 3],
      [1, 2, 1, 1],
      [1, 2, 4, 4],
    ],
    others: [
      [1, 2, 4, 4],
      [1, 2, 5, 3],
      [1, 2, 1, 1],
      [1, 2, 1, 1],
    ],
  },
};

describe.each(Object.entries(cases))('%s', (_, { make, shapes, others }) => {
  const inputs = shapes.map((shape, i) => (others === undefined ? [shape] : [shape, others[i]!]));

  test('whatever was planned before', () => {
    const run = make();
    for (const first of inputs) {
      const replan = new Replan();
      plan(replan, run, first);
      for (const next of [...inputs, first]) {
        const fresh = textOf(plan(new Replan(), run, next));
        expect(textOf(plan(replan, run, next)), `${first.join(' ')}, then ${next.join(' ')}`).toBe(fresh);
      }
    }
  });
  test('nothing is rewritten again where it would be the same', () => {
    const run = make();
    const replan = new Replan();
    const graph = plan(replan, run, inputs[0]!);
    expect(plan(replan, run, inputs[1]!)).toBe(graph);
    expect(plan(replan, run, inputs[2]!) === graph).toBe(false);
  });
});

test('other constants, numbers or calls are another graph', () => {
  const [a, b] = [constant([4]), ones([4])];
  made.push(b);
  const replan = new Replan();
  const functions: Run[] = [
    (x) => add(x!, a),
    (x) => add(x!, b),
    (x) => add(x!, 2),
    (x) => add(x!, 3),
    (x) => mul(x!, 3),
    (x) => relu(mul(x!, 3)),
  ];
  const graphs = functions.map((run) => plan(replan, run, [[2, 4]]));
  expect(new Set(graphs).size).toBe(functions.length);
});
