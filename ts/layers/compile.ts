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
import type { Extremum } from '../ops/pooling.ts';
import type { AnyTensor, Tensor } from '../tensor/tensor.ts';
import type { InputSpec } from '../transforms/inputs.ts';
import type { Program } from '../transforms/program.ts';
import type { Results } from '../transforms/results.ts';
import { type Source, tracedProgram } from '../transforms/traced.ts';
import type { KeepingModule } from './keeping.ts';
import { type AnyModule, entriesOf, Module, modulesOf } from './module.ts';

/** The options of `compile`. */
export interface CompileOptions<
  Inputs extends readonly InputSpec[] = readonly InputSpec[],
  Names extends readonly string[] | undefined = readonly string[] | undefined,
> {
  /** One shape, or shape, dtype and name, per argument. */
  inputs: Inputs;
  /** 'eval' runs a module as for inference, 'train' as in training. Default 'eval'. */
  mode?: 'eval' | 'train' | undefined;
  /** Names of inner layers (`features.3`) whose results run() gives, as an object. Default: what the module gives. */
  outputs?: Names;
  /** 'exact' computes convolutions without transforms that round differently. Default: init's. */
  accuracy?: 'fast' | 'exact' | undefined;
  /** The algorithm of every convolution that it accepts; by default the fastest is chosen for each. */
  algorithm?: 'pointwise' | 'depthwise' | 'winograd' | 'direct' | 'gemm' | undefined;
}

/** An input's dtype: any where the type does not tell whether it names one. */
type DTypeOfInput<Input> = Input extends { readonly dtype: infer D extends DType }
  ? D
  : Input extends readonly number[]
    ? 'float32'
    : 'dtype' extends keyof Input
      ? DType
      : 'float32';

/** The tensors of inputs: one for each, of the dtype that it names. */
export type TensorsOf<Inputs extends readonly InputSpec[]> = {
  [I in keyof Inputs]: Tensor<DTypeOfInput<Inputs[I]>>;
};

/** What a program of these inputs takes: where there is one input, its tensor alone too. */
export type GivenTo<Inputs extends readonly InputSpec[]> =
  | Readonly<TensorsOf<Inputs>>
  | (1 extends Inputs['length'] ? TensorsOf<Inputs>[0] : never);

/** A tensor where that is what a module gives; of what else it may give no dtype is known. */
type TensorFrom<Source> =
  Source extends AnyModule<infer Out> ? (Out extends AnyTensor ? Out : AnyTensor) : AnyTensor;

/** A property of a module, or an item of a list. */
type PartOf<Source, Key> = Key extends keyof Source
  ? Source[Key]
  : Source extends readonly (infer Item)[]
    ? Item
    : unknown;

/** The result of the layer at a path (`features.3`), as far as the module's type tells. */
type ResultAt<Source, Path> = Path extends `${infer Key}.${infer Rest}`
  ? ResultAt<PartOf<Source, Key>, Rest>
  : TensorFrom<PartOf<Source, Path>>;

/** What a run of a compiled `Source` gives: what forward or the function gives, or the results that were named. */
export type CompiledResults<Source, Names, Inputs extends readonly InputSpec[] = readonly number[][]> = [
  Names,
] extends [never]
  ? ResultOf<Source, Inputs>
  : Names extends readonly string[]
    ? { [Name in Names[number]]: ResultAt<Source, Name> }
    : ResultOf<Source, Inputs>;

/** What forward or the function gives; of a layer that keeps the dtype, that of its input. */
type ResultOf<Source, Inputs extends readonly InputSpec[]> =
  Source extends KeepingModule<infer I>
    ? Extremum<I, DTypeOfInput<Inputs[0]>>
    : Source extends AnyModule<infer Out>
      ? Out
      : Source extends (...xs: never) => infer Out
        ? Out
        : never;

/**
 * Traces a module's forward, or a function, and makes a program of it for these shapes: convolutions take up what
 * follows them, weights are packed, memory is planned. The module keeps its parameters, and the program does not see
 * later changes until update().
 *
 * The function gets a tensor for each input, of its dtype, and may give a tensor, or an array or object of them: a run
 * gives the same. With `outputs` a run gives an object with the results of the layers that were named.
 * @throws what the operators throw for shapes that do not fit; RangeError for a name in `outputs` that there is not;
 * TypeError when the function gives no tensors
 * @example
 * ```ts
 * const program = compile(net, { inputs: [[1, 3, 224, 224]] });
 * const scores = program.run(image);
 * const mixed = compile((a, bytes) => [relu(a), add(bytes, 1)], { inputs: [[4], { shape: [4], dtype: 'uint8' }] });
 * const { 'features.3': map } = compile(net, { inputs: [[1, 3, 224, 224]], outputs: ['features.3'] }).run(image);
 * ```
 */
export function compile<
  Source extends AnyModule | ((...xs: TensorsOf<Inputs>) => unknown),
  const Inputs extends readonly InputSpec[],
  const Names extends readonly string[] | undefined = never,
>(
  moduleOrFunction: Source,
  options: CompileOptions<Inputs, Names>,
): Program<CompiledResults<Source, Names, Inputs>, GivenTo<Inputs>> {
  checkOptions('compile', options, ['inputs', 'mode', 'outputs', 'accuracy', 'algorithm']);
  const { inputs, mode = 'eval', outputs, accuracy, algorithm } = options ?? {};
  if (!Array.isArray(inputs)) throw wrongKind('compile', 'inputs', inputs, 'an array of shapes');
  if (inputs.length > 0 && inputs.every((one) => typeof one === 'number')) {
    const shape = `[${inputs.join(', ')}]`;
    throw new TypeError(`compile: inputs is ${shape}, must be an array of shapes: write [${shape}]`);
  }
  oneOf('compile', 'mode', mode, ['eval', 'train']);
  if (accuracy !== undefined) oneOf('compile', 'accuracy', accuracy, ['fast', 'exact']);
  if (algorithm !== undefined) oneOf('compile', 'algorithm', algorithm, Object.keys(ALGORITHM));
  if (outputs !== undefined && !Array.isArray(outputs)) {
    throw wrongKind('compile', 'outputs', outputs, 'an array of names');
  }
  const source = sourceOf('compile', moduleOrFunction, mode);
  const choosing = {
    ...(algorithm !== undefined && { algorithm: ALGORITHM[algorithm] }),
    ...(accuracy !== undefined && { accuracy }),
  };
  type Compiled = Program<CompiledResults<Source, Names, Inputs>, GivenTo<Inputs>>;
  // The program keeps copies of what the function makes inside; what it stores in its module stays.
  const made = (): [Compiled, unknown] => [
    tracedProgram(source, { inputs, choosing, ...(outputs !== undefined && { outputs }) }),
    moduleOrFunction,
  ];
  return scope(made)[0];
}

/** What is to be traced: a module in a mode, whose parts are known by path, or a function. @internal */
export function sourceOf(where: string, moduleOrFunction: unknown, mode: 'eval' | 'train'): Source {
  if (moduleOrFunction instanceof Module) return moduleSource(moduleOrFunction as AnyModule, mode);
  if (typeof moduleOrFunction !== 'function') {
    throw wrongKind(where, 'the first argument', moduleOrFunction, 'a Module or a function');
  }
  return { run: moduleOrFunction as Source['run'], parameters: [] };
}

function moduleSource(root: AnyModule, mode: 'eval' | 'train'): Source {
  const run: Source['run'] = (...xs) => (root as unknown as Module<Tensor<DType>[], Results>).forward(...xs);
  return {
    run,
    parameters: entriesOf(root).map(([, tensor]) => tensor),
    instrument(trace: Trace) {
      const undo = instrument(root, trace);
      const modules = modulesOf(root);
      const before = modules.map(([, module]) => module.training);
      root.train(mode === 'train');
      return () => {
        modules.forEach(([, module], i) => {
          module.setTraining(before[i] as boolean);
        });
        undo();
      };
    },
  };
}

/**
 * Has the forward of each module in this one run inside its path of a trace; gives what undoes that. What another root's trace
 * knows already keeps its path there. @internal
 */
export function instrument(root: AnyModule, trace: Trace): () => void {
  const changed = modulesOf(root).flatMap(([path, module]) => {
    if (path === '' || Object.hasOwn(module, 'forward')) return [];
    const forward = module.forward;
    const value = (...xs: never[]) => trace.inside(path, () => forward.apply(module, xs as never));
    Object.defineProperty(module, 'forward', {
      value,
      configurable: true,
      enumerable: false,
      writable: true,
    });
    return [module];
  });
  return () => {
    for (const module of changed) Reflect.deleteProperty(module, 'forward');
  };
}
