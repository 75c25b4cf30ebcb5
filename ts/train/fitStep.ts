/** What `fit` says of a step whose loss is no finite number. */
import { scope } from '../engine/memory.ts';
import { generatorState, setGeneratorState } from '../graph/draw.ts';
import type { AnyModule, Module } from '../layers/module.ts';
import { Tensor } from '../tensor/tensor.ts';
import { valueAndGrad } from '../transforms/valueAndGrad.ts';

const allFinite = (value: unknown): boolean =>
  !(value instanceof Tensor) || value.dtype !== 'float32' || value.data.every(Number.isFinite);

/**
 * The first thing that is not finite on the way to the loss, and the parameter with the largest gradient. Running statistics and the
 * generator of random numbers stand afterwards where they stood.
 */
export function explain<X, Y, Out>(
  net: Module<[X], Out>,
  loss: (output: Out, y: Y) => Tensor,
  x: X,
  y: Y,
): string {
  const generator = generatorState();
  return scope(() => {
    const buffers = net.namedBuffers().map(([, buffer]) => [buffer, buffer.clone()] as const);
    try {
      return explained(net, loss, x, y);
    } finally {
      for (const [buffer, before] of buffers) buffer.data.set(before.data);
      setGeneratorState(generator);
    }
  });
}

function explained<X, Y, Out>(
  net: Module<[X], Out>,
  loss: (output: Out, y: Y) => Tensor,
  x: X,
  y: Y,
): string {
  const parameters = net.namedParameters();
  const parameter = parameters.find(([, tensor]) => !allFinite(tensor))?.[0];
  const first = !allFinite(x)
    ? 'the x of the batch'
    : parameter !== undefined
      ? `the parameter '${parameter}'`
      : firstOutput(net, x);
  return `${first} is not finite; the largest gradient is that of '${largestGradient(net, loss, x, y)}'`;
}

/** Runs the net in eval mode, so that nothing of it changes, and looks at every module's output. */
function firstOutput<X, Out>(net: Module<[X], Out>, x: X): string {
  let first: string | null = null;
  const watched = net.namedModules() as unknown as [string, AnyModule & Record<'forward', unknown>][];
  const own = watched.map(([, module]) => Object.getOwnPropertyDescriptor(module, 'forward'));
  const modes = watched.map(([, module]) => module.training);
  try {
    net.eval();
    for (const [path, module] of watched) {
      const forward = module.forward as (...xs: unknown[]) => unknown;
      const watch = (...xs: unknown[]): unknown => {
        const output = forward.apply(module, xs);
        if (first === null && !allFinite(output))
          first = path === '' ? 'the output' : `the output of '${path}'`;
        return output;
      };
      Object.defineProperty(module, 'forward', { value: watch, configurable: true });
    }
    scope(() => void net.forward(x));
  } finally {
    for (const [i, [, module]] of watched.entries()) {
      const before = own[i];
      if (before === undefined) delete (module as Partial<typeof module>).forward;
      else Object.defineProperty(module, 'forward', before);
      module.setTraining(modes[i] as boolean);
    }
  }
  return first ?? 'the loss, unlike every output,';
}

function largestGradient<X, Y, Out>(
  net: Module<[X], Out>,
  loss: (output: Out, y: Y) => Tensor,
  x: X,
  y: Y,
): string {
  return scope(() => {
    const { grads } = valueAndGrad(() => loss(net.forward(x), y), net as unknown as Module);
    const sizes = Object.entries(grads).map(([name, grad]) => {
      let most = 0;
      for (const one of grad.data) {
        if (Number.isNaN(one)) return [name, Number.POSITIVE_INFINITY] as const;
        most = Math.max(most, Math.abs(one));
      }
      return [name, most] as const;
    });
    return sizes.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  });
}
