/** Models as users meet them: sources, feeds, free axes, outputs by name, programs kept per shape, errors. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type AnyTensor,
  disposeRuntime,
  init,
  memory,
  ones,
  relu,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { loadModel, ModelError } from 'striate/onnx';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { adder, using, values } from './adder.ts';
import { floats, int64s, message, model, rawTensor, TYPE } from './encode.ts';

beforeEach(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

test('what is in the file: its nodes, and what exporters noted', async () => {
  const noted = Uint8Array.of(
    ...adder,
    ...message([
      [
        14,
        message([
          [1, 'names'],
          [2, 'cat,dog'],
        ]),
      ],
    ]),
  );
  await using(noted, ({ nodes, metadata }) => {
    expect(metadata).toEqual({ names: 'cat,dog' });
    expect(nodes).toEqual([
      { name: 'sum', operator: 'Add', outputs: ['a'] },
      { name: 'y', operator: 'Relu', outputs: ['y'] },
    ]);
  });
});

describe('sources', () => {
  const folder = mkdtempSync(join(tmpdir(), 'striate-'));
  const path = join(folder, 'adder.onnx');
  writeFileSync(path, adder);
  const copy = adder.slice();
  const sources = {
    bytes: () => adder,
    buffer: () => copy.buffer,
    path: () => path,
    url: () => pathToFileURL(path),
    response: () => new Response(copy),
    blob: () => new Blob([copy]),
    file: () => new File([copy], 'adder.onnx'),
    'data url': () => `data:application/octet-stream;base64,${Buffer.from(adder).toString('base64')}`,
  };
  test.each(Object.entries(sources))('%s', async (_, source) => {
    const loaded = await loadModel(source());
    expect(values(loaded.run({ x: Float32Array.of(1, 2) }))).toEqual({ y: [2, 0] });
    loaded.dispose();
  });
  test('what is no source', async () => {
    await expect(loadModel(5 as never)).rejects.toThrow(
      new TypeError(
        'loadModel: source is 5, must be a Uint8Array, ArrayBuffer, Blob, File, URL, Response or path',
      ),
    );
    await expect(loadModel(new Response('no', { status: 404 }))).rejects.toThrow(/answered with status 404/);
    await expect(loadModel(join(folder, 'none.onnx'))).rejects.toThrow(
      /^loadModel: source '.*' cannot be read: ENOENT/,
    );
    const gone = Object.assign(new Blob([]), { arrayBuffer: () => Promise.reject(new Error('gone')) });
    await expect(loadModel(gone)).rejects.toThrow(
      new Error("loadModel: source 'model' cannot be read: gone"),
    );
    const { getBuiltinModule } = process;
    Object.assign(process, { getBuiltinModule: undefined });
    await expect(loadModel('a.onnx'))
      .rejects.toThrow(
        "loadModel: source is the path 'a.onnx', but there are no files here: give a URL or the bytes",
      )
      .finally(() => Object.assign(process, { getBuiltinModule }));
  });
  test('errors name the file', async () => {
    writeFileSync(path, adder.slice(0, 50));
    await expect(loadModel(path)).rejects.toThrow(/^adder\.onnx: truncated: /);
    await expect(loadModel(path)).rejects.toBeInstanceOf(ModelError);
    await expect(loadModel(new File([adder.slice(0, 50)], 'chosen.onnx'))).rejects.toThrow(
      /^chosen\.onnx: truncated: /,
    );
    rmSync(folder, { recursive: true });
  });
  test('the bytes are not kept, nor needed afterwards', async () => {
    const bytes = adder.slice();
    const loaded = await loadModel(bytes);
    bytes.fill(0);
    expect(values(loaded.run({ x: Float32Array.of(1, 2) }))).toEqual({ y: [2, 0] });
    loaded.dispose();
  });
});

test('inputs and outputs, with names for free axes', () =>
  using(adder, ({ inputs, outputs }) => {
    expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 2] }]);
    expect(outputs).toEqual([{ name: 'y', dtype: 'float32', shape: null }]);
  }));

describe('feeds', () => {
  test('a tensor is not consumed, a typed array finds its shape', () =>
    using(adder, (loaded) => {
      const x = tensor([1, 2, 3, 4], [2, 2]);
      expect(values(loaded.run({ x }))).toEqual({ y: [2, 0, 4, 2] });
      expect(x.toArray()).toEqual([
        [1, 2],
        [3, 4],
      ]);
      x.dispose();
      const y = loaded.run({ x: new Float64Array(6) }).y as Tensor;
      expect(y.shape).toEqual([3, 2]);
      y.dispose();
    }));
  test('errors name the input, what it is and what it must be', () =>
    using(adder, (loaded) => {
      const run = (feeds: unknown) => () => loaded.run(feeds as never);
      expect(run({})).toThrow(new TypeError("Model.run: input 'x' is missing"));
      expect(run({ x: 'pixels' })).toThrow(
        new TypeError("Model.run: input 'x' is 'pixels', must be a Tensor, typed array or array of numbers"),
      );
      expect(run({ x: new Int32Array(2) })).toThrow(
        new TypeError("Model.run: input 'x' is an Int32Array, must hold float32"),
      );
      expect(run({ x: new Float32Array(3) })).toThrow(
        new RangeError("Model.run: input 'x' has 3 values, must have a multiple of 2 ([batch, 2])"),
      );
      expect(run({ y: new Float32Array(2) })).toThrow(
        new TypeError("Model.run: there is no input 'y'; inputs are 'x'"),
      );
      expect(run(null)).toThrow(
        new TypeError("Model.run: inputs is null, must be an object with a value for each input's name: 'x'"),
      );
      const [wide, whole, gone] = [ones([1, 3]), zeros([1, 2], { dtype: 'int32' }), ones([1, 2])];
      gone.dispose();
      expect(run({ x: wide })).toThrow(
        new RangeError("Model.run: input 'x' has shape 1x3, must be [batch, 2]"),
      );
      expect(run({ x: whole })).toThrow(
        new TypeError("Model.run: input 'x' is a tensor of int32, must be float32: add .cast('float32')"),
      );
      expect(run({ x: gone })).toThrow(/input 'x' is disposed/);
      wide.dispose();
      whole.dispose();
      expect(values(loaded.run({ x: Float32Array.of(1, 2) }))).toEqual({ y: [2, 0] });
    }));
  test('the only input needs no name', () =>
    using(adder, (loaded) => {
      const x = tensor([1, 2, 3, 4], [2, 2]);
      expect(values(loaded.run(x))).toEqual({ y: [2, 0, 4, 2] });
      expect(values(loaded.run(Float32Array.of(1, 2)))).toEqual({ y: [2, 0] });
      expect(values(loaded.run([1, 2, 3, 4]))).toEqual({ y: [2, 0, 4, 2] });
      scope(() => {
        const { a } = loaded.run([[1, 2]], { outputs: ['a'] });
        expectTypeOf(a).toEqualTypeOf<AnyTensor>();
        expect(relu(a.as('float32')).toArray()).toEqual([[2, 0]]);
        if (a.dtype === 'float32') expect(relu(a).shape).toEqual([1, 2]);
      });
      expect(loaded.profile([1, 2], { runs: 1 }).map(({ name }) => name)).toContain('sum');
      const run = (feed: unknown) => () => loaded.run(feed as never);
      expect(run([1, 2, 3])).toThrow(
        new RangeError("Model.run: input 'x' has 3 values, must have a multiple of 2 ([batch, 2])"),
      );
      expect(run([[1, 2, 3]])).toThrow(
        new RangeError("Model.run: input 'x' has shape 1x3, must be [batch, 2]"),
      );
      expect(run([[1, 2], [3]])).toThrow(
        new RangeError("Model.run: input 'x' is ragged: 1 entry where the first has 2 entries"),
      );
      expect(run(['1', 2])).toThrow(new TypeError("Model.run: input 'x' holds '1', must hold numbers"));
      expect(run(Int8Array.of(1, 2))).toThrow(/^Model\.run: input 'x' is a.* Int8Array, must hold float32$/);
      expect(() => loaded.profile(Int8Array.of(1, 2))).toThrow(/^Model\.profile: input 'x' is/);
      x.dispose();
    }));
  test('a value alone where there are two inputs, or none', async () => {
    const two = model({ nodes: [{ op: 'Add', in: ['a', 'b'] }], inputs: { a: [[2]], b: [[2]] } });
    await using(two, (loaded) => {
      expect(values(loaded.run({ a: [1, 2], b: Float32Array.of(3, 4) }))).toEqual({ y: [4, 6] });
      const x = ones([2]);
      expect(() => loaded.run(x)).toThrow(
        new TypeError(
          "Model.run: inputs is a Tensor, must be an object with a value for each input's name: 'a', 'b'",
        ),
      );
      expect(() => loaded.profile([1, 2])).toThrow(
        new TypeError(
          "Model.profile: inputs is [1, 2], must be an object with a value for each input's name: 'a', 'b'",
        ),
      );
      x.dispose();
    });
    const none = model({ nodes: [{ op: 'Relu', in: ['w'] }], weights: [floats('w', [1], [2])], inputs: {} });
    await using(none, (loaded) => {
      expect(values(loaded.run({}))).toEqual({ y: [2] });
      expect(() => loaded.run(1)).toThrow(
        new TypeError("Model.run: inputs is 1, must be an object with a value for each input's name: none"),
      );
    });
  });
  test('numbers for integers must be such, and a number is a scalar', () => {
    const bytes = model({
      nodes: [
        { op: 'Add', in: ['x', 'x'] },
        { op: 'Identity', in: ['byte'], out: ['z'] },
      ],
      inputs: { x: [[2, 1], TYPE.int64], byte: [[], TYPE.bool] },
      outputs: ['y', 'z'],
    });
    return using(bytes, (loaded) => {
      expect(values(loaded.run({ x: [[3], [-4]], byte: 1 }))).toEqual({ y: [6, -8], z: [1] });
      const run = (x: number[], byte: number) => () => loaded.run({ x, byte });
      expect(run([1, 1.5], 1)).toThrow(
        new RangeError("Model.run: input 'x' holds 1.5 at 1, must fit in int32"),
      );
      expect(run([1, 2 ** 31], 1)).toThrow(/^Model\.run: input 'x' holds 2147483648 at 1/);
      expect(run([1, 2], 256)).toThrow(
        new RangeError("Model.run: input 'byte' holds 256 at 0, must fit in uint8"),
      );
      expect(run([1, 2], -1)).toThrow(RangeError);
    });
  });
  test('axes of one name are of one size', () => {
    const bytes = model({
      nodes: [{ op: 'Concat', in: ['a', 'b'], attributes: { axis: 1 } }],
      inputs: { a: [['n', 1]], b: [['n', 'm']] },
    });
    return using(bytes, (loaded) => {
      const [a, b] = [ones([2, 1]), ones([3, 1])];
      const shapeOf = (feeds: Record<string, Tensor | Float32Array>) => {
        const y = loaded.run(feeds).y as Tensor;
        y.dispose();
        return y.shape;
      };
      expect(shapeOf({ a, b: new Float32Array(6) })).toEqual([2, 4]);
      expect(shapeOf({ a: new Float32Array(2), b: new Float32Array(2) })).toEqual([2, 2]);
      expect(() => loaded.run({ a, b })).toThrow(
        new RangeError("Model.run: input 'b' has shape 3x1, must be [n = 2, m]"),
      );
      a.dispose();
      b.dispose();
    });
  });
  test('two free axes: inputShapes tell', async () => {
    const bytes = model({ nodes: [{ op: 'Relu' }], inputs: { x: [['n', 'm']] } });
    await using(bytes, (loaded) => {
      expect(() => loaded.run({ x: new Float32Array(6) })).toThrow(
        new RangeError(
          "Model.run: input 'x' has free axes ([n, m]): give a Tensor, or loadModel's inputShapes",
        ),
      );
    });
    const shapes = { inputShapes: { x: [2, 3] } };
    await using(
      bytes,
      (loaded) => {
        const y = loaded.run({ x: new Float32Array(6) }).y as Tensor;
        expect(y.shape).toEqual([2, 3]);
        y.dispose();
        expect(() => loaded.run({ x: new Float32Array(5) })).toThrow(/has 5 values, must have 6 \(2x3\)/);
      },
      shapes,
    );
  });
  test('int64 takes integers of either size, bool takes bytes', () => {
    const bytes = model({
      nodes: [
        { op: 'Add', in: ['x', 'x'] },
        { op: 'Identity', in: ['flag'], out: ['z'] },
      ],
      inputs: { x: [[2], TYPE.int64], flag: [[1], TYPE.bool] },
      outputs: ['y', 'z'],
    });
    return using(bytes, (loaded) => {
      const flag = Uint8Array.of(1);
      expect(values(loaded.run({ x: Int32Array.of(1, 2), flag }))).toEqual({ y: [2, 4], z: [1] });
      expect(values(loaded.run({ x: BigInt64Array.of(3n, -4n), flag }))).toEqual({
        y: [6, -8],
        z: [1],
      });
    });
  });
});

describe('results', () => {
  test('into: the same tensors, nothing is allocated', () =>
    using(adder, (loaded) => {
      const [x, y] = [ones([1, 2]), zeros([1, 2])];
      loaded.run({ x }, { into: { y } });
      const before = memory.stats();
      expect(loaded.run({ x }, { into: { y } }).y).toBe(y);
      expect(memory.stats()).toEqual(before);
      expect(y.toArray()).toEqual([[2, 0]]);
      const run = (into: unknown) => () => loaded.run({ x }, { into: into as never });
      expect(run({})).toThrow(new TypeError('Model.run: into.y is missing'));
      expect(run({ y, z: y })).toThrow(/into has 'z', which is not asked for/);
      expect(run(y)).toThrow(/into is a Tensor, must be an object/);
      expect(run({ y: x })).toThrow(RangeError);
      x.dispose();
      y.dispose();
    }));
  test('outputs: any value of the graph', () =>
    using(adder, (loaded) => {
      const x = Float32Array.of(1, 1);
      expect(values(loaded.run({ x }, { outputs: ['a', 'y', 'a'] }))).toEqual({
        a: [2, -1],
        y: [2, 0],
      });
      expect(values(loaded.run({ x }, { outputs: ['w', 'x'] }))).toEqual({ w: [1, -2], x: [1, 1] });
      expect(() => loaded.run({ x }, { outputs: ['q'] })).toThrow(
        new RangeError("Model.run: outputs names 'q', which nothing in the model makes; its outputs are 'y'"),
      );
      expect(() => loaded.run({ x }, { outputs: [] })).toThrow(/outputs is empty/);
      expect(() => loaded.run({ x }, { output: ['a'] } as never)).toThrow(/there is no option 'output'/);
    }));
  test('a scope takes the results, and leaves the model its programs', () =>
    using(adder, (loaded) => {
      const x = Float32Array.of(1, 1);
      const kept = scope(() => {
        loaded.run({ x });
        return loaded.run({ x });
      });
      expect(values(kept)).toEqual({ y: [2, 0] });
      expect(values(loaded.run({ x }))).toEqual({ y: [2, 0] });
    }));
});

describe('programs', () => {
  test('one per shape; the last sixteen are kept', () =>
    using(adder, (loaded) => {
      const sizes: number[] = [];
      for (let round = 0; round < 2; round++) {
        for (let batch = 1; batch <= 20; batch++) {
          const y = loaded.run({ x: new Float32Array(2 * batch) }).y as Tensor;
          expect(y.shape).toEqual([batch, 2]);
          y.dispose();
        }
        sizes.push(memory.stats().liveBytes);
      }
      expect(sizes[0]).toBe(sizes[1]);
    }));
  test('one per value of an input from which a shape is computed', () => {
    const bytes = model({
      nodes: [
        { op: 'Concat', in: ['rows', 'rest'], out: ['s'], attributes: { axis: 0 } },
        { op: 'Reshape', in: ['x', 's'] },
      ],
      weights: [int64s('rest', [-1])],
      inputs: { x: [[6]], rows: [[1], TYPE.int64] },
    });
    return using(bytes, (loaded) => {
      for (const rows of [2, 3, 2]) {
        const y = loaded.run({ x: new Float32Array(6), rows: Int32Array.of(rows) }).y as Tensor;
        expect(y.shape).toEqual([rows, 6 / rows]);
        y.dispose();
      }
      expect(() => loaded.run({ x: new Float32Array(6), rows: Int32Array.of(4) })).toThrow(
        /\(Reshape, makes 'y'\): .* does not divide/,
      );
    });
  });
  test('such an input with too many values', () => {
    const bytes = model({ nodes: [{ op: 'Reshape', in: ['x', 'x'] }], inputs: { x: [['n']] } });
    return using(bytes, (loaded) => {
      expect(() => loaded.run({ x: new Float32Array(2000) })).toThrow(
        new RangeError(
          "Model.run: input 'x' has 2000 values, must have at most 1024: shapes are computed from them",
        ),
      );
    });
  });
  test('weights of many types', () => {
    const bytes = model({
      nodes: [
        { op: 'Add', in: ['x', 'h'], out: ['a'] },
        { op: 'Mul', in: ['a', 'd'] },
      ],
      weights: [
        rawTensor('h', TYPE.half, [1], Uint16Array.of(0x3c00)),
        rawTensor('d', TYPE.double, [1], Float64Array.of(2)),
      ],
      inputs: { x: [[2]] },
    });
    return using(bytes, (loaded) => {
      expect(values(loaded.run({ x: Float32Array.of(1, 2) }))).toEqual({ y: [4, 6] });
    });
  });
});

describe('loading', () => {
  test('what the file alone shows is refused on loading, and leaves nothing', async () => {
    const short = model({ nodes: [{ op: 'Relu' }], weights: [floats('unused', [3], [1])] });
    await expect(loadModel(short)).rejects.toThrow(
      "model: initializer 'unused' of shape 3 holds 4 bytes, must hold 3 values of float (12 bytes)",
    );
    const nodes = [{ op: 'Conv', name: 'c', in: ['x', 'w'] }];
    const wrong = model({
      nodes,
      weights: [floats('w', [1, 2, 1, 1], [1, 2])],
      inputs: { x: [[1, 3, 4, 4]] },
    });
    await expect(loadModel(wrong)).rejects.toThrow(/^model: node 'c' \(Conv\): conv2d: /);
    const list = model({ nodes: [{ op: 'Relu' }], inputs: { x: [[1], TYPE.string] } });
    await expect(loadModel(list)).rejects.toThrow(
      "model: input 'x' is of dtype string, which is not supported",
    );
  });
  test('shapes that do not fit show on the first run, and the next run works', () => {
    const bytes = model({
      nodes: [{ op: 'Add', name: 'n', in: ['x', 'w'] }],
      weights: [floats('w', [2], [1, 2])],
      inputs: { x: [['m']] },
    });
    return using(bytes, (loaded) => {
      expect(() => loaded.run({ x: new Float32Array(3) })).toThrow(ModelError);
      expect(values(loaded.run({ x: new Float32Array(2) }))).toEqual({ y: [1, 2] });
    });
  });
  test('options', async () => {
    await expect(loadModel(adder, { shapes: {} } as never)).rejects.toThrow(/there is no option 'shapes'/);
    await expect(loadModel(adder, { accuracy: 'best' as never })).rejects.toThrow(
      /accuracy is 'best', must be 'fast' or 'exact'/,
    );
    await expect(loadModel(adder, { inputShapes: { z: [1] } })).rejects.toThrow(/there is no input 'z'/);
    await expect(loadModel(adder, { inputShapes: { x: [1, 3] } })).rejects.toThrow(
      /has shape 1x3, must be \[batch, 2\]/,
    );
    await expect(loadModel(adder, { inputShapes: { x: [1, Number.NaN] } })).rejects.toThrow(RangeError);
  });
  test('before init', async () => {
    disposeRuntime();
    await expect(loadModel(adder)).rejects.toThrow(/loadModel: .*init/);
  });
  const mutated = {
    'with padding': model({
      nodes: [
        { op: 'Conv', in: ['x', 'w'], out: ['a'], attributes: { pads: [1, 1, 1, 1] } },
        { op: 'Pad', in: ['a', 'p'], out: ['b'] },
        { op: 'Reshape', in: ['b', 's'] },
      ],
      weights: [
        floats('w', [1, 1, 2, 2], [1, 2, 3, 4]),
        int64s('p', [0, 0, 1, 0, 0, 0, 0, 1]),
        int64s('s', [1, -1]),
      ],
      inputs: { x: [[1, 1, 2, 2]] },
    }),
    'with constants and shapes that are computed': model({
      nodes: [
        { op: 'Transpose', in: ['w'], out: ['t'] },
        { op: 'Pad', in: ['t', 'p'], out: ['u'] },
        { op: 'MatMul', in: ['x', 'u'], out: ['a'] },
        { op: 'Shape', in: ['a'], out: ['s'] },
        { op: 'Slice', in: ['s', 'one', 'far'], out: ['r'] },
        { op: 'ConstantOfShape', in: ['one'], out: ['c'] },
        { op: 'Cast', in: ['c'], out: ['i'], attributes: { to: 7 } },
        { op: 'Concat', in: ['r', 'i', 'one'], out: ['z'], attributes: { axis: 0 } },
        { op: 'Reshape', in: ['a', 'z'] },
      ],
      weights: [
        floats('w', [2, 2], [1, 2, 3, 4]),
        int64s('p', [0, 0, 0, 1]),
        int64s('one', [1]),
        int64s('far', [9]),
      ],
      inputs: { x: [[1, 2]] },
    }),
  };
  test.each(Object.entries(mutated))('a mutated model %s loads or is a ModelError', async (_, small) => {
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    for (let round = 0; round < 500; round++) {
      const bytes = small.slice();
      for (let flips = random(3); flips >= 0; flips--) bytes[random(bytes.length)] = random(256);
      try {
        const loaded = await loadModel(bytes);
        loaded.dispose();
      } catch (error) {
        const { name } = error as Error;
        expect(['ModelError', 'OutOfMemoryError'], `round ${round}: ${error}`).toContain(name);
      }
    }
  });
});

describe('accuracy', () => {
  const channels = 16;
  const bytes = model({
    nodes: [{ op: 'Conv', in: ['x', 'w'], attributes: { pads: [1, 1, 1, 1] } }],
    weights: [
      floats(
        'w',
        [channels, channels, 3, 3],
        Array.from({ length: channels * channels * 9 }, (_, i) => ((7 * i) % 11) - 5),
      ),
    ],
    inputs: { x: [[1, channels, 12, 12]] },
  });
  const x = Float32Array.from({ length: channels * 144 }, (_, i) => ((5 * i) % 13) - 6);
  /** Element [0, channel, 6, 6]: small integers, so the sum has one value in any order. */
  const sumAt = (channel: number) => {
    let sum = 0;
    for (let c = 0; c < channels; c++)
      for (let tap = 0; tap < 9; tap++) {
        const at = c * 144 + (5 + Math.floor(tap / 3)) * 12 + 5 + (tap % 3);
        sum += (x[at] as number) * (((7 * ((channel * channels + c) * 9 + tap)) % 11) - 5);
      }
    return sum;
  };

  test.each(['fast', 'exact'] as const)('%s', (accuracy) =>
    using(
      bytes,
      (loaded) => {
        const isFast = accuracy === 'fast';
        expect(loaded.summary().includes('winograd')).toBe(isFast);
        const { y } = values(loaded.run({ x }) as never);
        for (let channel = 0; channel < channels; channel++) {
          const found = y?.[channel * 144 + 6 * 12 + 6];
          if (isFast) expect(found).toBeCloseTo(sumAt(channel), 1);
          else expect(found).toBe(sumAt(channel));
        }
      },
      { accuracy },
    ),
  );
});

test('after disposal', async () => {
  const loaded = await loadModel(adder);
  loaded.run({ x: Float32Array.of(1, 2) }).y?.dispose();
  loaded.dispose();
  loaded.dispose();
  expect(loaded.disposed).toBe(true);
  expect(() => loaded.run({ x: Float32Array.of(1, 2) })).toThrow(
    new TypeError('Model.run: the model is disposed'),
  );
});

test('summary and profile', () =>
  using(adder, (loaded) => {
    expect(() => loaded.summary()).toThrow(
      new RangeError("Model.summary: the shapes depend on 'x': give inputShapes, or run the model first"),
    );
    expect(loaded.summary({ inputShapes: { x: [4, 2] } })).toMatch(/sum .*add.* 4x2/);
    expect(loaded.profile({ x: new Float32Array(2) }, { runs: 2 }).map(({ name }) => name)).toContain('sum');
    expect(loaded.summary()).toMatch(/1x2/);
  }));

describe('notes', () => {
  test('types that are computed as others are named, and shown', async () => {
    const bytes = model({
      nodes: [
        { op: 'Add', in: ['x', 'w'], out: ['a'] },
        { op: 'Cast', name: 'wide', in: ['a'], attributes: { to: TYPE.double } },
        { op: 'Identity', in: ['ids'], out: ['z'] },
      ],
      weights: [rawTensor('w', TYPE.double, [1], Float64Array.of(0.1))],
      inputs: { x: [[1], TYPE.double], ids: [[1], TYPE.int64] },
      outputs: ['y', 'z'],
    });
    await using(bytes, (loaded) => {
      const notes = [
        "double is computed as float32: input 'x', initializer 'w', Cast 'wide'",
        "int64 is computed as int32, what lies beyond becomes the nearest that there is: input 'ids'",
      ];
      expect(loaded.notes).toEqual(notes);
      expect(String(loaded).split('\n  ').slice(1)).toEqual(notes);
    });
  });
  test('more than five places are counted', () => {
    const weights = [1, 2, 3, 4, 5, 6, 7].map((i) => rawTensor(`w${i}`, TYPE.half, [1], Uint16Array.of(0)));
    const bytes = model({ nodes: [{ op: 'Relu' }], weights });
    return using(bytes, ({ notes }) =>
      expect(notes).toEqual([
        "float16 is computed as float32: initializer 'w1', initializer 'w2', initializer 'w3', initializer 'w4', initializer 'w5' and 2 others",
      ]),
    );
  });
  test('none where nothing is', () => using(adder, ({ notes }) => expect(notes).toEqual([])));
});
