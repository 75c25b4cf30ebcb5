/**
 * A model as a Module: its nodes pass through their handlers at each call, on copies of the model's weights. Float weights
 * are parameters, running statistics of batch norm buffers, under their names in the file; what is a setting (a bound of
 * Clip, a scale of integers), is needed for shapes, or belongs to a graph in an attribute stays constant.
 */
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import { currentTrace } from '../graph/trace.ts';
import { buffer, Module, parameter } from '../layers/module.ts';
import { type AnyTensor, requireTensor, Tensor } from '../tensor/tensor.ts';
import { type Axes, checkShape, type ModelPort, names } from '../transforms/feeds.ts';
import type { Value } from './call.ts';
import type { GraphNode } from './handler.ts';
import type { Routine } from './routine.ts';
import { inputSpec } from './row.ts';

/** The option of `Model.toModule`. */
export interface ModuleOptions {
  /** Names of the values that forward gives instead of the model's outputs: any that the graph computes. */
  outputs?: readonly string[] | undefined;
}

/** What a module is made of. */
export interface ModuleSource {
  readonly routine: Routine;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly string[];
}

/** An ONNX model as a module, made by `Model.toModule`: forward takes the model's inputs in their order. */
export class OnnxModule<Out = Tensor> extends Module<Tensor<DType>[], Out> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'OnnxModule';
  /** Its own copies of the model's constants by their names in the file; those that are trained are its parameters. */
  readonly tensors: Readonly<Record<string, AnyTensor>>;
  readonly #source: ModuleSource;

  /** @internal Modules are made by `Model.toModule`. */
  constructor(source: ModuleSource) {
    super();
    this.#source = source;
    this.tensors = copiesOf(source.routine);
    this.eval();
  }

  /** The names of its inputs and outputs in the file. @internal */
  get ports(): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } {
    const { inputs, outputs } = this.#source;
    return { inputs: inputs.map(({ name }) => name), outputs };
  }

  /** @internal */
  override ownParts(): [string, unknown][] {
    return Object.entries(this.tensors);
  }

  /**
   * What the model gives for these inputs: a tensor where it has one output, else an object of tensors by name.
   * @throws TypeError, RangeError for inputs that do not fit; ModelError when an operator refuses them, or needs values
   * that a traced function does not have
   */
  override forward(...inputs: Tensor<DType>[]): Out {
    const { routine, inputs: ports, outputs } = this.#source;
    checkInputs(inputs, ports);
    const values = new Map(ports.map(({ name }, i): [string, Value] => [name, inputs[i] as Tensor<DType>]));
    const { tensors } = this;
    const lookup = (name: string): Value | undefined => tensors[name] ?? routine.constant(name);
    const mode = currentTrace() === null ? 'compute' : 'record';
    const results = routine.evaluate(mode, values, { lookup, wanted: outputs, isTraining: this.training });
    const named = outputs.map((name, i) => [name, results[i]] as const);
    return (named.length === 1 ? results[0] : Object.fromEntries(named)) as Out;
  }

  /** Gives the storage of all its tensors back; may be called again. */
  override dispose(): void {
    for (const one of Object.values(this.tensors)) one.dispose();
  }

  /** The names of what it takes and gives. */
  override extraRepr(): string {
    const { inputs, outputs } = this.#source;
    return `${inputs.map(({ name }) => name).join(', ')} -> ${outputs.join(', ')}`;
  }
}

function checkInputs(inputs: readonly unknown[], ports: readonly ModelPort[]): void {
  if (inputs.length !== ports.length) {
    throw new RangeError(
      `forward: it is given ${inputs.length} tensors, must be given ${ports.length}: ${names(ports)}`,
    );
  }
  const axes: Axes = new Map();
  ports.forEach((port, i) => {
    const { dtype, shape } = requireTensor('forward', `input '${port.name}'`, inputs[i]);
    if (dtype !== port.dtype)
      throw wrongKind('forward', `input '${port.name}'`, inputs[i], `a Tensor of ${port.dtype}`);
    checkShape('forward', port, shape, axes);
  });
}

/** Copies of the constants, marked as what they are. */
function copiesOf({ plan, times }: Routine): Record<string, AnyTensor> {
  const copies: Record<string, AnyTensor> = Object.create(null);
  const readers = new Map<string, [GraphNode, number][]>();
  for (const node of plan.nodes) {
    node.reads.forEach((name, place) => {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [[node, place]]);
      else known.push([node, place]);
    });
  }
  const isTrained = ([node, place]: [GraphNode, number]): boolean => {
    const { how } = times.of.get(node)!;
    const spec = place < node.node.inputs.length ? inputSpec(node.handler, place) : undefined;
    if (spec === undefined || spec.needs !== undefined || spec.setting || spec.name.endsWith('_scale'))
      return false;
    return how === 'run' || plan.staying.has(node);
  };
  const isStatistic = ([{ node }, place]: [GraphNode, number]) =>
    node.operator === 'BatchNormalization' && place >= 3;
  for (const [name, value] of plan.constants) {
    if (!(value instanceof Tensor)) continue;
    const copy = value.clone() as AnyTensor;
    copies[name] = copy;
    const reads = readers.get(name) ?? [];
    if (copy.dtype !== 'float32' || !plan.weights.has(name) || reads.length === 0) continue;
    if (reads.every(isStatistic)) buffer(copy);
    else if (reads.every(isTrained)) parameter(copy);
  }
  return copies;
}
