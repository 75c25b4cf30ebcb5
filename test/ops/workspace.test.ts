// The scratch memory of an instruction is at most 3 MB, or 5 % of its tensors where that is more.
import { beforeAll, describe, expect, test } from 'vitest';
import { engine } from '../../ts/engine/engine.ts';
import { resolve } from '../../ts/graph/resolve.ts';
import { Trace } from '../../ts/graph/trace.ts';
import type { Node } from '../../ts/graph/value.ts';
import * as striate from '../../ts/index.ts';
import { Builder } from '../../ts/instructions/builder.ts';
import type { Backward } from '../../ts/ops/operator.ts';
import { symbolOf } from '../../ts/tensor/tensor.ts';

type Options = Record<string, unknown>;
const image = [1, 64, 512, 512];
const cases: [string, string, number[][], unknown[], Options?][] = [
  ['a large picture, 3x3', 'conv2d', [image, [64, 64, 3, 3]], []],
  [
    'a stem',
    'conv2d',
    [
      [1, 3, 1024, 1024],
      [64, 3, 7, 7],
    ],
    [],
    { stride: 2, padding: 3 },
  ],
  [
    'many channels',
    'conv2d',
    [
      [1, 2048, 14, 14],
      [2048, 2048, 3, 3],
    ],
    [],
    { padding: 1 },
  ],
  [
    'many channels, 1x1',
    'conv2d',
    [
      [4, 4096, 7, 7],
      [4096, 4096, 1, 1],
    ],
    [],
  ],
  [
    'a large kernel',
    'conv2d',
    [
      [1, 16, 256, 256],
      [16, 16, 31, 31],
    ],
    [],
    { padding: 15 },
  ],
  [
    'depthwise',
    'conv2d',
    [
      [1, 256, 512, 512],
      [256, 1, 5, 5],
    ],
    [],
    { padding: 2, groups: 256 },
  ],
  [
    'groups',
    'conv2d',
    [
      [1, 256, 256, 256],
      [256, 8, 3, 3],
    ],
    [],
    { padding: 1, groups: 32 },
  ],
  [
    'a volume',
    'conv3d',
    [
      [1, 32, 32, 128, 128],
      [32, 32, 3, 3, 3],
    ],
    [],
    { padding: 1 },
  ],
  [
    'a long signal',
    'conv1d',
    [
      [1, 16, 2_000_000],
      [16, 16, 9],
    ],
    [],
    { padding: 4 },
  ],
  [
    'transposed',
    'convTranspose2d',
    [
      [1, 64, 256, 256],
      [64, 64, 4, 4],
    ],
    [],
    { stride: 2, padding: 1 },
  ],
  [
    'deformable',
    'deformConv2d',
    [
      [1, 64, 128, 128],
      [1, 18, 128, 128],
      [64, 64, 3, 3],
    ],
    [],
    { padding: 1 },
  ],
  ['maxima', 'maxPool2d', [image], [3], { stride: 2, padding: 1 }],
  ['averages', 'avgPool3d', [[1, 8, 64, 256, 256]], [5]],
  ['softmax of long rows', 'softmax', [[4, 4_000_000]], []],
  ['softmax across', 'softmax', [[4, 1000, 4096]], [], { dim: 1 }],
  [
    'a product',
    'matmul',
    [
      [2048, 2048],
      [2048, 2048],
    ],
    [],
  ],
  ['bicubic', 'interpolate', [[1, 16, 512, 512]], [], { size: [1024, 1024], mode: 'bicubic' }],
];

beforeAll(() => striate.init());

describe('scratch memory', () => {
  test.each(cases)('%s', (_, name, shapes, rest, options = {}) => {
    const { entry, params } = record(name, shapes, rest, options);
    const types = entry.args.map((_, i) =>
      shapes[i] === undefined ? null : { shape: shapes[i], dtype: 'float32' as const },
    );
    const resolved = resolve(entry, types, params);
    const { outputs: outputTypes, problem } = resolved;
    const to = new Builder(engine('test'), 'test');
    const bytes = ({ shape }: { shape: readonly number[] }) => 4 * shape.reduce((a, b) => a * b, 1);
    const inputs = types.map((type) => (type === null ? null : to.external(bytes(type))));
    const outputs = outputTypes.map((type) => to.external(bytes(type)));
    const saved = (resolved.saved ?? []).map((type) => to.external(bytes(type)));
    entry.lower?.(to, { types, outputTypes, params, problem, inputs, outputs, saved });
    const forward = to.steps.length;
    const gradients = outputTypes.map((type) => to.external(bytes(type)));
    const wanted = types.map((type) => type !== null);
    const node: Backward = { types, outputTypes, params, problem, inputs, outputs, saved, gradients, wanted };
    entry.gradient?.(to, node);
    expect(to.steps.length).toBeGreaterThan(forward);
    const tensors = [...types, ...outputTypes].reduce(
      (sum, type) => sum + (type === null ? 0 : bytes(type)),
      0,
    );
    for (const { opcode, scratch, parts } of to.steps) {
      const each = (scratch?.bytes ?? 0) / parts;
      expect(each, `instruction ${opcode}`).toBeLessThanOrEqual(Math.max(3e6, 0.05 * tensors));
    }
  });
});

/** The node that a trace of the call records. */
function record(name: string, shapes: number[][], rest: unknown[], options: Options): Node {
  const call = (striate as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!;
  const trace = new Trace();
  const symbols: unknown[] = shapes.map((shape) => symbolOf(trace.input({ shape, dtype: 'float32' })));
  if (name.includes('onv')) while (symbols.length < (name === 'deformConv2d' ? 4 : 3)) symbols.push(null);
  trace.run('test', () => call(...symbols, ...rest, ...(Object.keys(options).length > 0 ? [options] : [])));
  return trace.nodes[0]!;
}
