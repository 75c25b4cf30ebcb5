/** What a tensor shows of itself: as text, in consoles, in JSON, and to those who compare. */
import assert from 'node:assert';
import { inspect } from 'node:util';
import {
  arange,
  compile,
  relu,
  reshape,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

inEachVariant('a tensor shows itself', () => {
  const shown = (make: () => Tensor<never>) => scope(() => String(make()));

  test.each<[string, () => unknown, string]>([
    [
      'a matrix',
      () =>
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      'Tensor float32 [2, 3] [[1, 2, 3], [4, 5, 6]]',
    ],
    ['a scalar', () => tensor(3), 'Tensor float32 [] 3'],
    ['no elements', () => zeros([2, 0]), 'Tensor float32 [2, 0] []'],
    [
      'integers',
      () => tensor(Int32Array.of(2 ** 31 - 1, -(2 ** 31))),
      'Tensor int32 [2] [2147483647, -2147483648]',
    ],
    ['bytes', () => tensor(Int8Array.of(-128, 127)), 'Tensor int8 [2] [-128, 127]'],
    [
      'few digits',
      () => tensor([0.1, 1 / 3, 6.1, 16777216, 3e38, 1e-7]),
      'Tensor float32 [6] [0.1, 0.33333334, 6.1, 16777216, 3e+38, 1e-7]',
    ],
    [
      'no numbers',
      () => tensor([Number.NaN, Number.POSITIVE_INFINITY, -0]),
      'Tensor float32 [3] [NaN, Infinity, -0]',
    ],
    ['1000 elements', () => arange(1000), `Tensor float32 [1000] [${[...Array(1000).keys()].join(', ')}]`],
    ['1001 elements', () => arange(1001), 'Tensor float32 [1001] [0, 1, 2, ..., 998, 999, 1000]'],
    [
      'a long and a short axis',
      () => reshape(arange(1200), [600, 2]),
      'Tensor float32 [600, 2] [[0, 1], [2, 3], [4, 5], ..., [1194, 1195], [1196, 1197], [1198, 1199]]',
    ],
    [
      'a short and a long axis',
      () => reshape(arange(1200), [2, 600]),
      'Tensor float32 [2, 600] [[0, 1, 2, ..., 597, 598, 599], [600, 601, 602, ..., 1197, 1198, 1199]]',
    ],
  ])('%s', (_name, make, text) => {
    expect(shown(make as () => Tensor<never>)).toBe(text);
  });

  test('every float32 that is printed is the same float32 again', () => {
    const bits = Int32Array.from({ length: 1000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
    const floats = new Float32Array(bits.buffer).filter(Number.isFinite);
    scope(() => {
      const x = tensor(floats);
      const text = String(x).replace(/^.* \[(?=[^ ]*,)/, '[');
      expect(Float32Array.from(JSON.parse(text) as number[])).toEqual(floats);
      expect(Float32Array.from(x.toJSON().data as number[])).toEqual(floats);
    });
  });

  test('what has no values says why', () => {
    const x = tensor([1, 2]);
    const seen: string[] = [];
    compile(
      (y: Tensor) => {
        seen.push(`${y}`, inspect(y));
        return relu(y);
      },
      { inputs: [[2]] },
    ).dispose();
    const { value, grads } = valueAndGrad((y) => {
      seen.push(`${y}`);
      return sum(y);
    }, x);
    for (const one of [x, value, ...grads]) one.dispose();
    seen.push(`${x}`);
    expect(seen).toEqual([
      ...Array(3).fill('Tensor float32 [2] (symbolic)'),
      'Tensor float32 [2] (disposed)',
    ]);
    expect(JSON.stringify(x)).toBe('{"dtype":"float32","shape":[2],"data":null}');
    expect(() => [...x]).toThrow('Tensor: tensor is disposed');
    expect(Object.prototype.toString.call(x)).toBe('[object Tensor]');
  });

  test('in consoles, also inside of something else', () => {
    scope(() => {
      const x = tensor([1, 2]);
      expect(inspect(x)).toBe('Tensor float32 [2] [1, 2]');
      expect(inspect({ x: [x] })).toBe('{ x: [ Tensor float32 [2] [1, 2] ] }');
      // Browsers show own properties.
      expect(Object.keys(x)).toEqual(['shape', 'dtype', 'size']);
      expect(Reflect.ownKeys(x)).toEqual(['shape', 'dtype', 'size']);
    });
  });

  test('as JSON, whose data makes the tensor again', () => {
    scope(() => {
      const x = tensor([0.1, Number.NaN, -1, Number.NEGATIVE_INFINITY], [2, 2]);
      const text = JSON.stringify({ x });
      expect(text).toBe('{"x":{"dtype":"float32","shape":[2,2],"data":[0.1,"NaN",-1,"-Infinity"]}}');
      const { data, shape } = JSON.parse(text).x;
      expect(tensor(Float32Array.from(data), shape)).toEqual(x);
    });
  });
});

inEachVariant('equality of test runners', () => {
  const of = (values: number[]) => tensor(values);
  const pairs: [string, () => [unknown, unknown], boolean][] = [
    ['the same values', () => [of([1, 2]), of([1, 2])], true],
    ['another value', () => [of([1, 2]), of([1, 3])], false],
    ['the same values in another order', () => [of([1, 2]), of([2, 1])], false],
    ['another shape', () => [of([1, 2]), tensor([[1, 2]])], false],
    ['another size', () => [of([1, 2]), of([1])], false],
    ['another dtype', () => [of([1, 2]), tensor(Int32Array.of(1, 2))], false],
    ['NaN and NaN', () => [of([Number.NaN]), of([Number.NaN])], true],
    ['0 and -0', () => [of([0]), of([-0])], false],
    ['no tensor', () => [of([1, 2]), [1, 2]], false],
    ['inside of something else', () => [{ a: [of([1])] }, { a: [of([1])] }], true],
    ['unlike inside of something else', () => [{ a: [of([1])] }, { a: [of([2])] }], false],
  ];
  const same = (compare: () => void): boolean => {
    try {
      compare();
      return true;
    } catch {
      return false;
    }
  };

  test.each(pairs)('%s', (_name, make, equal) => {
    scope(() => {
      const [a, b] = make();
      expect(same(() => expect(a).toEqual(b))).toBe(equal);
      expect(same(() => expect(a).toStrictEqual(b))).toBe(equal);
      expect(same(() => assert.deepStrictEqual(a, b))).toBe(equal);
    });
  });

  test('a failure shows the values that differ', async () => {
    const { diff } = await import('@vitest/utils/diff');
    scope(() => {
      const text = diff(of([1, 3.5]), of([1, 2.5])) ?? '';
      expect(text).toMatch(/- .* 3\.5,/);
      expect(text).toMatch(/\+ .* 2\.5,/);
    });
  });
});
