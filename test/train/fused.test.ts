/** What a step of training puts together: which operators are left of a network's, and that it has the bits of all of them. */
import {
  add,
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  flatten,
  globalAvgPool,
  Linear,
  MaxPool2d,
  Module,
  manualSeed,
  relu,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
} from 'striate';
import { SGD, trainStep } from 'striate/train';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';
import { numbers } from './network.ts';

/** Two blocks with shortcuts, of which the second changes the size; a pool in front of them. */
class Residual extends Module {
  readonly stem = new Conv2d(2, 16, 3, { padding: 1 });
  readonly pool = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly convs = [
    new Conv2d(16, 16, 3, { padding: 1, bias: false }),
    new Conv2d(16, 16, 3, { padding: 1, bias: false }),
    new Conv2d(16, 24, 3, { padding: 1, stride: 2, bias: false }),
    new Conv2d(24, 24, 3, { padding: 1, bias: false }),
    new Conv2d(16, 24, 1, { stride: 2, bias: false }),
  ];
  readonly norms = [16, 16, 24, 24, 24].map((channels) => new BatchNorm2d(channels));
  readonly head = new Linear(24, 3);

  #part(i: number, x: Tensor): Tensor {
    return this.norms[i]!.forward(this.convs[i]!.forward(x));
  }

  forward(x: Tensor): Tensor {
    let h = this.pool.forward(relu(this.stem.forward(x)));
    h = relu(add(this.#part(1, relu(this.#part(0, h))), h));
    h = relu(add(this.#part(3, relu(this.#part(2, h))), this.#part(4, h)));
    return this.head.forward(flatten(globalAvgPool(h), 1));
  }
}

const network = () => {
  manualSeed(5);
  return new Residual();
};

inEachVariant('a step with everything put together', () => {
  test('has the bits of its operators', () => {
    scope(() => {
      const [one, other] = [network(), network()];
      const [eager, planned] = [one, other].map(
        (net) => new SGD(net.parameters(), { lr: 0.1, momentum: 0.9 }),
      ) as [SGD, SGD];
      const step = trainStep(
        (x: Tensor, classes: Tensor<'int32'>) => crossEntropy(other.forward(x), classes),
        planned,
      );
      const next = numbers(4);
      for (let i = 0; i < 3; i++) {
        const x = next([4, 2, 24, 20]);
        const classes = tensor([0, 2, 1, i], [4], { dtype: 'int32' });
        const { value, grads } = valueAndGrad(() => crossEntropy(one.forward(x), classes), one.parameters());
        eager.step(grads);
        expect(step(x, classes)).toBe(value.item());
      }
      expect(Object.values(other.stateDict()).map((x) => x.toArray())).toEqual(
        Object.values(one.stateDict()).map((x) => x.toArray()),
      );
    });
  });

  test('writes nothing between what belongs together', () => {
    scope(() => {
      const net = network();
      const step = trainStep(
        (x: Tensor, classes: Tensor<'int32'>) => crossEntropy(net.forward(x), classes),
        new SGD(net.parameters(), { lr: 0.1 }),
      );
      step(numbers(4)([4, 2, 24, 20]), tensor([0, 2, 1, 0], [4], { dtype: 'int32' }));
      const counts = new Map<string, number>();
      for (const { operator } of step.profile({ runs: 1 }))
        counts.set(operator, (counts.get(operator) ?? 0) + 1);
      // No relu and no sum of the forward run is left; of the backward run the relus' gradients behind the sums, which two
      // read, and the pool's; the sums are added by convolutions.
      for (const gone of ['relu', 'add']) expect(counts.get(gone), gone).toBeUndefined();
      expect(counts.get('gradient of relu')).toBe(3);
      expect(counts.get('gradient of batchNorm, relu') ?? counts.get('gradient of batchNorm')).toBeDefined();
    });
  });
});
