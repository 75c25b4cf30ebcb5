/** The layers that follow from the operators: each is there, and one that needs no arguments is its operator. */
import * as striate from 'striate';
import { randn, scope, type Tensor } from 'striate';
import { expect, test } from 'vitest';
import { type CallLayer, entryOf, operatorOf } from '../../ts/ops/operator.ts';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

type Unary = (x: Tensor) => Tensor;
type Class = typeof striate.ReLU;

const operators = Object.values(striate as Record<string, unknown>).filter(
  (value): value is Unary => entryOf(value) !== undefined,
);
const layersOf = (operator: Unary) => [operatorOf(operator).layer ?? []].flat() as (string | CallLayer)[];
const classNamed = (name: string) => (striate as unknown as Record<string, Class | undefined>)[name];

/** Layers of which nothing is said but their name, and whose constructors need nothing. */
const plain = operators.flatMap((operator) =>
  layersOf(operator).flatMap((name): [string, Class, Unary][] => {
    const Class = typeof name === 'string' ? classNamed(name) : undefined;
    return Class?.length === 0 ? [[name as string, Class, operator]] : [];
  }),
);

test('every layer that an operator has is exported', () => {
  const names = operators.flatMap(layersOf).map((one) => (typeof one === 'string' ? one : one.name));
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => classNamed(name)?.name !== name)).toEqual([]);
});

inEachVariant('layers that need no arguments', () => {
  test.each(plain)('%s', (_, Class, operator) => {
    scope(() => {
      class Mine extends Class {}
      const x = randn([2, 3, 5], { seed: 1 });
      const layer = new Mine();
      expect(Object.keys(layer)).toEqual([]);
      expectSame(layer.forward(x).data, operator(x).data);
    });
  });

  test.each(plain)('%s refuses an option that there is not', (name, Class) => {
    const Given = Class as unknown as new (options: unknown) => unknown;
    expect(() => new Given({ inplace: true })).toThrow(`${name}: there is no option 'inplace'`);
  });
});
