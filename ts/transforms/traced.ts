/** tracedProgram: a function is traced, the trace is rewritten by passes and assembled, and becomes a program; at once, or in steps. */
import type { DType, TensorType } from '../base/dtype.ts';
import { describe } from '../base/errors.ts';
import { atOnce, inOne, type Steps } from '../base/steps.ts';
import { engine } from '../engine/engine.ts';
import type { Draw } from '../graph/draw.ts';
import type { Graph } from '../graph/graph.ts';
import { Trace } from '../graph/trace.ts';
import type { Value } from '../graph/value.ts';
import type { Choosing } from '../instructions/builder.ts';
import { assembling } from '../program/assemble.ts';
import { isFactor } from '../program/factors.ts';
import { Prepacked } from '../program/prepacked.ts';
import { type AnyTensor, symbolOf, Tensor } from '../tensor/tensor.ts';
import { type InputSpec, inputType } from './inputs.ts';
import { type Given, Program } from './program.ts';
import { type Replan, rewritten } from './replan.ts';
import { leavesOf, mapResults, type Results } from './results.ts';

/** What is traced: a function, the tensors that may change later, and its modules by path. */
export interface Source {
  readonly run: (...xs: Tensor<DType>[]) => Results;
  /** Tensors that are read again by update(). */
  readonly parameters: readonly Tensor<DType>[];
  /** Has each module's forward run inside its path of the trace; gives what undoes that. */
  instrument?(trace: Trace): () => void;
}

/** What is traced in steps. */
interface Stepwise {
  readonly steps: (...xs: Tensor<DType>[]) => Steps<Results>;
  readonly parameters: readonly Tensor<DType>[];
  readonly instrument?: undefined;
}

interface PlanOptions {
  readonly inputs: readonly InputSpec[];
  /** Results to give, by the path of the module, or the name in the trace, that made them. */
  readonly outputs?: readonly string[] | undefined;
  readonly choosing?: Choosing | undefined;
  /**
   * Where a model's programs share what they make of its constants, which nobody changes and which are read where they
   * are. Such a program belongs to its model, not to the scope that is open.
   */
  readonly prepacked?: Prepacked | undefined;
  /** What earlier programs of the same function were made of. */
  readonly replan?: Replan | undefined;
  /** The function that the user called, for error sentences; without it `compile`. */
  readonly where?: string | undefined;
  /** Adds to the graph; what it gives are further results: a run then gives all of them as a list. */
  readonly extend?: ((graph: Graph) => readonly Value[]) | undefined;
}

/** The program of a function for inputs of these shapes. @throws what the function throws, OutOfMemoryError */
export function tracedProgram<Out = Results, In extends Given = Given>(
  source: Source,
  options: PlanOptions,
): Program<Out, In> {
  return atOnce(planning<Out, In>(source, options));
}

/** The same in steps. */
export function* planning<Out = Results, In extends Given = Given>(
  source: Source | Stepwise,
  options: PlanOptions,
): Steps<Program<Out, In>> {
  const { where = 'compile', extend, replan, choosing, outputs } = options;
  const on = engine(where);
  const inputs = options.inputs.map((spec, i) => inputType(where, spec, i));
  const prepacked = options.prepacked ?? new Prepacked(false);
  const trace = new Trace(source.parameters);
  const claim = prepacked.claim();
  try {
    let form = yield* tracing(where, trace, source, inputs, outputs);
    const leaves = leavesOf(form, where).map((leaf) => trace.valueOf(leaf));
    const written = [...trace.state.keys()].map(({ storage }) => storage!);
    const extended =
      extend &&
      ((made: Graph) => {
        const more = extend(made);
        for (const value of more) made.give(value);
        form = [...leaves, ...more].map((value) => symbolOf(value) as AnyTensor);
      });
    const { graph, keep } = replan
      ? yield* replan.graphOf(trace, where, leaves)
      : { graph: yield* rewritten(trace, where, leaves, false, { extend: extended }), keep: null };
    yield;
    const { executable, captures, slots } = yield* assembling(on, where, graph, {
      constants: { kind: 'fixed', prepacked: claim },
      choosing,
    });
    for (const { storage } of captures) {
      // Nobody but the trace holds it.
      if (storage!.references === 1) throw new TypeError(`${where}: constant is disposed`);
    }
    const program = yield* Program.making<Out, In>(where, {
      inputs,
      // Symbols would keep the graph.
      form: mapResults(form, where, ({ shape, dtype }) => new Tensor(shape, dtype, null)),
      executable,
      captures: captures.map((value) => ({
        ...{ storage: value.storage!, shape: value.shape, dtype: value.dtype },
        isFactor: isFactor(graph, value),
      })),
      draws: slots.map(({ draw }) => draw as Draw),
      written,
      prepacked: options.prepacked,
    });
    keep?.();
    return program;
  } finally {
    claim.end();
    trace.close();
  }
}

/** Runs the function in the trace; gives its results, or those that were asked for by name. @internal */
export function traced(...args: Parameters<typeof tracing>): Results {
  return atOnce(tracing(...args));
}

/** The same in steps. */
function* tracing(
  where: string,
  trace: Trace,
  source: Source | Stepwise,
  inputs: readonly TensorType[],
  outputs: readonly string[] | undefined,
): Steps<Results> {
  const symbols = inputs.map((type) => symbolOf(trace.input(type)));
  const undo = source.instrument?.(trace);
  try {
    const run = () =>
      'steps' in source
        ? source.steps(...symbols)
        : inOne(() => trace.inside('', () => source.run(...symbols)));
    const results = yield* trace.steps(where, run);
    return outputs === undefined ? results : named(where, trace, outputs);
  } finally {
    undo?.();
  }
}

/** The results that were asked for by name. */
function named(where: string, trace: Trace, names: readonly string[]): Results {
  const found: [string, Results][] = [];
  for (const name of names) {
    const value = trace.named.get(name);
    if (value === undefined) {
      const known = [...trace.named.keys()].filter((key) => key !== '').join(', ');
      throw new RangeError(
        `${where}: outputs names ${describe(name)}, there are ${known === '' ? 'no names' : known}`,
      );
    }
    found.push([name, symbolOf(value) as AnyTensor]);
  }
  return Object.fromEntries(found);
}
