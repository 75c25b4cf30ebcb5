/**
 * compile(moduleOrFunction, options): a program of a function (ts/transforms/program.ts), or of a module, whose parts it knows.
 * @category Programs
 */

import { checkOptions, oneOf } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import type { Trace } from '../graph/trace.ts';
import { ALGORITHM } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type InputSpec, Program, type Source } from '../transforms/program.ts';
import type { Results } from '../transforms/results.ts';
import { entriesOf, Module, modulesOf } from './module.ts';

/** The options of `compile`. */
export interface CompileOptions {
  /** One shape, or shape, dtype and name, per argument. */
  inputs: readonly InputSpec[];
  /** Whether modules behave as in `eval()` or as in `train()`. Default 'eval'. */
  mode?: 'eval' | 'train' | undefined;
  /** Names of inner layers (`features.3`) whose results run() gives, as an object. */
  outputs?: readonly string[] | undefined;
  /** 'exact': no algorithm that rounds otherwise than the plain sum. Default: init's. */
  accuracy?: 'fast' | 'exact' | undefined;
  /** The algorithm of every convolution that it accepts; by default the fastest is chosen for each. */
  algorithm?: 'pointwise' | 'depthwise' | 'winograd' | 'direct' | 'gemm' | undefined;
}

/**
 * Traces a module's forward, or a function, and makes a program of it for these shapes: convolutions take up what
 * follows them, weights are packed, memory is planned. The module keeps its parameters, and the program does not
 * see later changes until update().
 * @throws what the operators throw for shapes that do not fit; TypeError when the function gives no tensors
 * @example
 * ```ts
 * const program = compile(net, { inputs: [[1, 3, 224, 224]] });
 * const scores = program.run(x);
 * const square = compile((a) => mul(a, a), { inputs: [[8]] });
 * ```
 */
export function compile<Out = Tensor>(
  moduleOrFunction: Module<never, Out> | ((...xs: Tensor[]) => Out),
  options: CompileOptions,
): Program<Out> {
  checkOptions('compile', options, ['inputs', 'mode', 'outputs', 'accuracy', 'algorithm']);
  const { inputs, mode = 'eval', outputs, accuracy, algorithm } = options ?? {};
  if (!Array.isArray(inputs)) throw wrongKind('compile', 'inputs', inputs, 'an array of shapes');
  oneOf('compile', 'mode', mode, ['eval', 'train']);
  if (accuracy !== undefined) oneOf('compile', 'accuracy', accuracy, ['fast', 'exact']);
  if (algorithm !== undefined) oneOf('compile', 'algorithm', algorithm, Object.keys(ALGORITHM));
  if (outputs !== undefined && !Array.isArray(outputs)) {
    throw wrongKind('compile', 'outputs', outputs, 'an array of names');
  }
  const source =
    moduleOrFunction instanceof Module ? sourceOf(moduleOrFunction, mode) : functionSource(moduleOrFunction);
  const choosing = {
    ...(algorithm !== undefined && { algorithm: ALGORITHM[algorithm] }),
    ...(accuracy !== undefined && { accuracy }),
  };
  // The program keeps copies of what the function makes inside; what it stores in its module stays.
  const made = () => [
    new Program<Out>(source, { inputs, choosing, ...(outputs !== undefined && { outputs }) }),
    moduleOrFunction,
  ];
  return scope(made)[0] as Program<Out>;
}

function functionSource(run: unknown): Source {
  if (typeof run !== 'function') {
    throw wrongKind('compile', 'the first argument', run, 'a Module or a function');
  }
  return { run: run as Source['run'], parameters: [] };
}

function sourceOf(root: Module<never, unknown>, mode: 'eval' | 'train'): Source {
  const run: Source['run'] = (...xs) => (root as unknown as Module<Tensor<DType>[], Results>).forward(...xs);
  return {
    run,
    parameters: entriesOf(root).map(([, tensor]) => tensor),
    instrument(trace: Trace) {
      const modules = modulesOf(root);
      const before = modules.map(([, module]) => module.training);
      modules.forEach(([path, module]) => {
        if (path === '') return;
        const forward = module.forward;
        const value = (...xs: never[]) => trace.inside(path, () => forward.apply(module, xs));
        Object.defineProperty(module, 'forward', {
          value,
          configurable: true,
          enumerable: false,
          writable: true,
        });
      });
      if (mode === 'eval') root.eval();
      else root.train();
      return () => {
        modules.forEach(([path, module], i) => {
          if (path !== '') Reflect.deleteProperty(module, 'forward');
          module.setTraining(before[i] as boolean);
        });
      };
    },
  };
}
