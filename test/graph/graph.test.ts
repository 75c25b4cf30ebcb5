/** Graphs and their rewriting: uses, order, what is refused; and that passes leave graphs as they must be. */
import {
  add,
  batchNorm,
  conv2d,
  dropout,
  mean,
  mul,
  ones,
  relu,
  reshape,
  scope,
  sigmoid,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DType } from '../../ts/base/dtype.ts';
import { engine } from '../../ts/engine/engine.ts';
import { CLONE, FILL, SUM } from '../../ts/graph/builtin.ts';
import { differentiate } from '../../ts/graph/differentiate.ts';
import { type Graph, graphOf } from '../../ts/graph/graph.ts';
import { optimize, type Pass, type Rule } from '../../ts/graph/rewrite.ts';
import { Trace } from '../../ts/graph/trace.ts';
import type { Node, Value } from '../../ts/graph/value.ts';
import * as striate from '../../ts/index.ts';
import { assemble } from '../../ts/program/assemble.ts';
import { symbolOf } from '../../ts/tensor/tensor.ts';
import { PASSES } from '../../ts/transforms/passes/index.ts';

beforeAll(() => striate.init());

/** The graph of a function of one float32 tensor. */
function traced(shape: number[], body: (x: Tensor) => Tensor | Tensor[]): Graph {
  const trace = new Trace();
  const x = symbolOf(trace.input({ shape, dtype: 'float32' })) as Tensor<DType> as Tensor;
  const results = [trace.run('test', () => body(x))].flat().map((result) => trace.valueOf(result));
  const graph = graphOf(trace, 'test', results);
  trace.close();
  return graph;
}

const names = ({ nodes }: Graph) => nodes.map(({ entry }) => entry.name);
const chain = () => traced([2, 3], (x) => relu(add(relu(x), x)));

describe('a graph', () => {
  test('knows who reads what, and prints itself', () => {
    const graph = chain();
    graph.verify();
    expect(graph.inputs[0]!.uses).toHaveLength(2);
    expect(graph.print()).toBe(
      ['%0 = relu($0)[]', '%1 = add(%0, $0)[]', '%2 = relu(%1)[]', 'give %2'].join('\n'),
    );
  });

  test('has no nodes that nothing needs', () => {
    const graph = traced([2], (x) => {
      relu(relu(x));
      return add(x, 1);
    });
    expect(names(graph)).toEqual(['add']);
  });

  test('replaces a value for each of its readers but one', () => {
    const graph = chain();
    const x = graph.inputs[0]!;
    const copy = graph.add(CLONE, [x], [], []);
    graph.replace(x, copy.outputs[0]!, copy);
    graph.settle();
    graph.verify();
    expect(graph.print()).toBe(
      ['%0 = clone($0)[]', '%1 = relu(%0)[]', '%2 = add(%1, %0)[]', '%3 = relu(%2)[]', 'give %3'].join('\n'),
    );
  });

  test('replaces a result', () => {
    const graph = chain();
    graph.replace(graph.results[0]!, graph.inputs[0]!);
    graph.settle();
    expect(graph.print()).toBe('give $0');
  });

  test('refuses a value of another type', () => {
    const graph = chain();
    const other = graph.add(FILL, [], [0, 3, 2], []).outputs[0]!;
    expect(() => graph.replace(graph.results[0]!, other)).toThrow(
      'graph: float32 2x3 cannot be replaced by float32 3x2',
    );
  });

  test('erases no node that is read', () => {
    const graph = chain();
    expect(() => graph.erase(graph.nodes[0]!)).toThrow('graph: relu is read and cannot be erased');
  });

  test('has no node that waits for itself', () => {
    const graph = chain();
    const [first, , last] = graph.nodes as [Node, Node, Node];
    graph.replace(graph.inputs[0]!, last.outputs[0]!, null);
    expect(() => graph.settle()).toThrow(`graph: ${first.entry.name} waits for its own result`);
  });

  test('puts a writer behind the readers of what it writes over', () => {
    const mean = tensor([0, 0]);
    const graph = traced([2, 2, 3], (x) => {
      const before = add(x, reshape(mean, [1, 2, 1]));
      return [batchNorm(x, mean, null, null, null, { training: true }), before];
    });
    const writer = graph.nodes.find(({ state }) => state.length > 0)!;
    writer.order = -1;
    graph.settle();
    graph.verify();
    expect(names(graph)).toEqual(['reshape', 'add', 'batchNorm']);
    expect(graph.isFixed(writer.state[0]!.before!)).toBe(false);
    mean.dispose();
  });

  test('keeps a node that only writes', () => {
    const mean = tensor([0, 0]);
    const graph = traced([2, 2, 3], (x) => {
      batchNorm(x, mean, null, null, null, { training: true });
      return relu(x);
    });
    expect(names(graph)).toEqual(['batchNorm', 'relu']);
    mean.dispose();
  });

  const spoilt: [string, (graph: Graph) => void, string][] = [
    [
      'an input that does not know its reader',
      ({ inputs }) => inputs[0]!.uses.pop(),
      'graph: add: input 1 does not know it',
    ],
    ['an order that is none', ({ nodes }) => nodes.reverse(), 'graph: relu: input 0 is made behind it'],
    ['a reader that is gone', ({ nodes }) => nodes.splice(1, 2), 'graph: relu: is read by what is gone'],
    [
      'a type that is not its operator’s',
      ({ nodes }) => Object.assign(nodes[2]!.outputs[0]!, { shape: [6] }),
      'graph: relu: output 0 is 6, must be 2x3',
    ],
    [
      'a value with another maker',
      ({ nodes }) => Object.assign(nodes[2]!.outputs[0]!, { maker: nodes[1] }),
      'graph: relu: a value does not know it',
    ],
    ['a result that is gone', (graph) => graph.nodes.splice(0, 3), 'graph: a result is made by no node'],
  ];
  test.each(spoilt)('%s is found', (_, spoil, sentence) => {
    const graph = chain();
    spoil(graph);
    expect(() => graph.verify()).toThrow(sentence);
  });
});

/** relu(relu(x)) = relu(x). */
const twice: Rule = {
  name: 'twice',
  match(root) {
    const inner = root.inputs[0]?.maker;
    if (root.entry.name !== 'relu' || inner?.entry.name !== 'relu') return null;
    return { inner: [inner], make: (make) => make(inner.entry, inner.inputs, inner.params) };
  },
};
const once: Pass = { name: 'once', rules: [twice] };

describe('a rule', () => {
  test('is applied until it matches nothing, and the new node stands for the old ones', () => {
    const graph = traced([3], (x) => relu(relu(relu(x))));
    expect(optimize(graph, [once])).toEqual({ applied: 2, refused: [] });
    graph.verify();
    expect(names(graph)).toEqual(['relu']);
    expect(graph.nodes[0]!.origins).toHaveLength(3);
  });

  test('is refused where something else reads the value between, or it is a result', () => {
    const read = traced([3], (x) => {
      const y = relu(x);
      return add(relu(y), y);
    });
    expect(optimize(read, [once])).toEqual({
      applied: 0,
      refused: ['twice at relu: what it would do away with is read by add'],
    });
    const given = traced([3], (x) => {
      const y = relu(x);
      return [relu(y), y];
    });
    expect(optimize(given, [once]).refused).toEqual([
      'twice at relu: what it would do away with is a result',
    ]);
  });

  test('is applied at most so often', () => {
    const graph = traced([3], (x) => relu(relu(relu(x))));
    expect(optimize(graph, [once], 1).applied).toBe(1);
    expect(names(graph)).toEqual(['relu', 'relu']);
  });

  test('that always matches is an error', () => {
    const same: Rule = {
      name: 'same',
      match: ({ entry, inputs, params }) => ({ inner: [], make: (make) => make(entry, inputs, params) }),
    };
    expect(() => optimize(chain(), [{ name: 'again', rules: [same] }])).toThrow(
      'again: it changes the graph without end',
    );
  });
});

describe('the passes of compile', () => {
  const block = () => {
    const values = (shape: number[]) =>
      tensor(
        Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 5),
        shape,
      );
    const [w, c] = [values([3, 3, 3, 3]), values([3])];
    return traced([1, 3, 5, 4], (x) => {
      const y = relu(batchNorm(conv2d(x, w, null, { padding: 1 }), c, c, c, c));
      return relu(add(batchNorm(conv2d(y, w, c, { padding: 1 }), c, c, c, c), x));
    });
  };

  test('leave a graph that is as it must be, and find nothing more to do', () => {
    scope(() => {
      const graph = block();
      expect(optimize(graph, PASSES).applied).toBe(5);
      graph.verify();
      expect(names(graph).filter((name) => ['relu', 'batchNorm'].includes(name))).toEqual([]);
      const before = graph.print();
      expect(optimize(graph, PASSES).applied).toBe(0);
      expect(graph.print()).toBe(before);
    });
  });

  test('can be stopped after any rule', () => {
    scope(() => {
      for (let limit = 0; limit <= 5; limit++) {
        const graph = block();
        expect(optimize(graph, PASSES, limit).applied).toBe(limit);
        graph.verify();
      }
    });
  });
});

describe('gradients', () => {
  test('are nodes, one for each node on the way, and sums where a value is read twice', () => {
    const graph = chain();
    const results = [...graph.results];
    const seeds = results.map((result): Value => graph.input(result));
    const [dx] = differentiate('test', graph, results, seeds, graph.inputs.slice(0, 1));
    graph.give(dx!);
    graph.settle();
    graph.verify();
    expect(graph.nodes.filter(({ entry }) => entry === SUM)).toHaveLength(1);
    expect(names(graph)).toEqual([
      ...['relu', 'add', 'relu'],
      ...['gradient of relu', 'gradient of add', 'gradient of relu', 'add'],
    ]);
  });

  /** A small network's loss and the gradients of its parameters, as one graph. */
  function training(): Graph {
    const [weight, scale, shift] = [ones([8, 3, 3, 3]), ones([8]), zeros([8])];
    const [x, runningMean, runningVar] = [ones([2, 3, 32, 32]), zeros([8]), ones([8])];
    const trace = new Trace([weight, scale, shift]);
    const xs = [weight, scale, shift].map((one) => trace.valueOf(one));
    const loss = trace.run('test', () => {
      const y = conv2d(x, weight, null, { padding: 1 });
      const z = relu(batchNorm(y, runningMean, runningVar, scale, shift, { training: true }));
      return mean(dropout(add(mul(sigmoid(z), z), z), { seed: 1 }));
    });
    const results = [trace.valueOf(loss)];
    const graph = graphOf(trace, 'test', results);
    trace.close();
    const seed = graph.add(FILL, [], [1], []).outputs[0]!;
    for (const gradient of differentiate('test', graph, results, [seed], xs)) graph.give(gradient);
    return graph;
  }

  test('read what their rules say, so that nothing waits for statistics that are written', () => {
    scope(() => {
      const graph = training();
      graph.settle();
      graph.verify();
      const readers = (name: string) =>
        graph.nodes
          .find(({ entry }) => entry.name === name)!
          .outputs[0]!.uses.map(({ node }) => (node === null ? 'the caller' : node.entry.name));
      expect(readers('batchNorm')).toEqual(['relu']);
      expect(readers('sigmoid')).toEqual(['mul', 'gradient of mul', 'gradient of sigmoid']);
      expect(readers('mul')).toEqual(['add']);
      expect(readers('add')).toEqual(['dropout']);
      expect(readers('dropout')).toEqual(['mean']);
      expect(readers('mean')).toEqual(['the caller']);
    });
  });

  test('keep what they read: the arena holds six activations at most', () => {
    scope(() => {
      const bytes = 4 * 2 * 8 * 32 * 32;
      const { executable } = assemble(engine('test'), 'test', training(), { constants: { kind: 'late' } });
      expect(executable.main.arenaBytes).toBeLessThanOrEqual(6.1 * bytes);
    });
  });

  test('of what does not depend on x are zeros', () => {
    const graph = traced([2], (x) => [relu(x), relu(tensor([1, 2]))]);
    const [dx] = differentiate(
      'test',
      graph,
      graph.results.slice(1),
      [graph.input(graph.results[1]!)],
      [graph.inputs[0]!],
    );
    expect(dx!.maker!.entry).toBe(FILL);
  });
});
