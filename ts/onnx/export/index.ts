/**
 * exportOnnx: a module or function is traced, and each call is written as nodes of ONNX (the tables of forms beside this file).
 * Where axes are free, that is done for two sizes of them: what is written twice in the same way does not depend on them,
 * shapes that Reshape takes are put so that they do not, and all else that differs is refused.
 */
import { checkOptions, integer } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import { viewOf } from '../../base/dtype.ts';
import { wrongKind } from '../../base/errors.ts';
import { engine } from '../../engine/engine.ts';
import { type Storage, scope } from '../../engine/memory.ts';
import type { Draw } from '../../graph/draw.ts';
import { type Graph, graphOf } from '../../graph/graph.ts';
import { Trace } from '../../graph/trace.ts';
import { homeOf, type Node, type Value } from '../../graph/value.ts';
import { sourceOf } from '../../layers/compile.ts';
import { type AnyModule, entriesOf, Module } from '../../layers/module.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type InputSpec, inputType, type ProgramInput } from '../../transforms/inputs.ts';
import { leavesOf, type Results } from '../../transforms/results.ts';
import { type Source, traced } from '../../transforms/traced.ts';
import { OnnxModule } from '../module.ts';
import { convolutions } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import type { Form } from './form.ts';
import { merged, modelBytes, type Port, type Written } from './model.ts';
import { moves } from './moves.ts';
import { noises } from './noise.ts';
import { pools } from './pooling.ts';
import { samples } from './sampling.ts';
import { sums } from './sums.ts';
import { Writer } from './writer.ts';

/** The operator sets that can be written. */
const OPSETS = [13, 22] as const;

/** An input of an exported graph: its shape, in which a name stands for a free axis; or that with a dtype and a name. */
export type ExportInput =
  | readonly (number | string)[]
  | {
      /** The input's shape; a name stands for an axis that is free. */
      readonly shape: readonly (number | string)[];
      /** Its element type. Default 'float32'. */
      readonly dtype?: DType | undefined;
      /** Its name in the file. */
      readonly name?: string | undefined;
    };

/** The options of `exportOnnx`. */
export interface ExportOptions {
  /** A shape, or shape, dtype and name, per argument. */
  inputs: readonly ExportInput[];
  /** The operator set, from 13 to 22. Default 17. */
  opset?: number | undefined;
  /**
   * Names of inputs and outputs in the file, in their order. Default: `input` and `output`, with numbers where there are
   * several; the keys of results that are an object; of an imported model its own.
   */
  names?:
    | {
        /** Of the inputs. */
        readonly inputs?: readonly string[] | undefined;
        /** Of the outputs. */
        readonly outputs?: readonly string[] | undefined;
      }
    | undefined;
}

/** Every form, by the operator's name. @internal */
export function formTable(): ReadonlyMap<string, Form> {
  const all = [elementwise, convolutions, pools, moves, sums, samples, noises];
  return new Map(all.flatMap((forms) => Object.entries(forms())));
}

/** Sizes that are tried for free axes: small ones for the batch, others that a stride or two divide. */
const TRIED = [
  [2, 3],
  [64, 96],
] as const;

/**
 * A module or a function as an ONNX file: its forward is traced, in eval mode, and each operator written as ONNX has it, with the
 * parameters under their names. Axes may be free: `inputs: [['batch', 3, 224, 224]]`.
 * @throws ModelError that names an operator which ONNX lacks, or has in a later operator set only; TypeError, RangeError for
 * wrong options, and what the operators throw for shapes that do not fit
 * @example
 * ```ts
 * const bytes = exportOnnx(net, { inputs: [['batch', 3, 224, 224]], names: { inputs: ['image'], outputs: ['scores'] } });
 * ```
 */
export function exportOnnx(
  net: AnyModule | ((...xs: never) => unknown),
  options: ExportOptions,
): Uint8Array<ArrayBuffer> {
  const where = 'exportOnnx';
  engine(where);
  checkOptions(where, options, ['inputs', 'opset', 'names']);
  const { inputs, opset = 17, names = {} } = options;
  if (!Array.isArray(inputs)) throw wrongKind(where, 'inputs', inputs, 'an array of shapes');
  integer(where, 'opset', opset, ...OPSETS);
  checkOptions(`${where}: names`, names, ['inputs', 'outputs']);
  const source = sourceOf(where, net, 'eval');
  const ports = net instanceof OnnxModule ? net.ports : undefined;
  const wanted = {
    inputs: namesOf('names.inputs', names.inputs) ?? ports?.inputs,
    outputs: namesOf('names.outputs', names.outputs) ?? ports?.outputs,
  };
  const weights = new Map<Storage, string>();
  if (net instanceof Module)
    for (const [name, tensor] of entriesOf(net as AnyModule)) {
      const { storage } = tensor.resources;
      if (storage !== null && !weights.has(storage)) weights.set(storage, name);
    }
  const write = (trial: number) => written(source, { inputs, opset, wanted, weights, trial });
  const isFree = inputs.some((input) => shapeOf(input).some((axis) => typeof axis === 'string'));
  const first = write(0);
  return modelBytes(isFree ? merged(first, write(1)) : first);
}

function namesOf(name: string, given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  if (Array.isArray(given) && given.every((one) => typeof one === 'string' && one !== '')) return given;
  throw wrongKind('exportOnnx', name, given, 'an array of names');
}

const shapeOf = (input: ExportInput): readonly (number | string)[] =>
  (Array.isArray(input) ? input : ((input as { shape?: unknown } | null)?.shape ?? [])) as readonly (
    | number
    | string
  )[];

/** The input with sizes for its free axes. */
function tried(input: ExportInput, trial: number): InputSpec {
  const shape = shapeOf(input);
  if (typeof input !== 'object' || !Array.isArray(shape)) return input as InputSpec;
  const sizes = shape.map((axis, i) => (typeof axis === 'string' ? TRIED[i === 0 ? 0 : 1][trial]! : axis));
  return (Array.isArray(input) ? sizes : { ...input, shape: sizes }) as InputSpec;
}

interface Request {
  readonly inputs: readonly ExportInput[];
  readonly opset: number;
  readonly wanted: {
    readonly inputs: readonly string[] | undefined;
    readonly outputs: readonly string[] | undefined;
  };
  readonly weights: ReadonlyMap<Storage, string>;
  readonly trial: number;
}

/** Traces and writes; what the function computes at once is gone afterwards. */
function written(source: Source, request: Request): Written {
  const where = 'exportOnnx';
  const types = request.inputs.map((input, i) => inputType(where, tried(input, request.trial), i));
  const trace = new Trace(source.parameters);
  let result: Written | null = null;
  try {
    scope(() => {
      const form = traced(where, trace, source, types, undefined);
      const leaves = leavesOf(form, where).map((leaf) => trace.valueOf(leaf));
      const graph = graphOf(trace, where, leaves);
      result = new Translation(graph, request).write(types, form);
    });
    return result as unknown as Written;
  } finally {
    trace.close();
  }
}

/** The paths of the tensors in a result: `scores`, `boxes.0`. */
function pathsOf(form: Results, path = ''): string[] {
  if (form instanceof Tensor) return [path];
  const inner = (key: string) => (path === '' ? key : `${path}.${key}`);
  return Object.entries(form).flatMap(([key, part]) => pathsOf(part as Results, inner(key)));
}

class Translation {
  readonly #graph: Graph;
  readonly #request: Request;
  readonly #writer: Writer;
  readonly #names = new Map<Value, string>();
  readonly #forms = formTable();

  constructor(graph: Graph, request: Request) {
    this.#graph = graph;
    this.#request = request;
    this.#writer = new Writer(request.opset);
  }

  write(types: readonly ProgramInput[], form: Results): Written {
    const { wanted, inputs: specs } = this.#request;
    const writer = this.#writer;
    const inputs = this.#graph.inputs.map((value, i): Port => {
      const own = Array.isArray(specs[i]) ? undefined : (specs[i] as { name?: string }).name;
      const name = wanted.inputs?.[i] ?? own ?? (types.length === 1 ? 'input' : `input${i}`);
      this.#names.set(value, writer.unique(name));
      return {
        name: this.#names.get(value)!,
        dtype: value.dtype,
        shape: value.shape,
        axes: shapeOf(specs[i]!),
      };
    });
    const paths = pathsOf(form);
    const names = paths.map((path, i) => {
      const numbered = paths.length === 1 ? 'output' : `output${i}`;
      const isKey = path !== '' && !/^\d+$/.test(path);
      return writer.unique(wanted.outputs?.[i] ?? (isKey ? path : numbered));
    });
    for (const node of this.#graph.nodes) this.#node(node);
    writer.operator = 'a result';
    writer.path = '';
    const outputs = this.#graph.results.map((value, i): Port => {
      const name = names[i] as string;
      writer.nodes.push({
        operator: 'Identity',
        name: writer.unique(`${name}/Identity`),
        inputs: [this.#name(value)],
        outputs: [name],
        attributes: {},
      });
      return { name, dtype: value.dtype, shape: value.shape, axes: value.shape };
    });
    return { writer, inputs, outputs };
  }

  #node(node: Node): void {
    const writer = this.#writer;
    const { entry, inputs, params, resolved, outputs, path } = node;
    writer.operator = entry.name;
    writer.path = path;
    const form = this.#forms.get(entry.name) ?? writer.fail('ONNX has no operator for it');
    const made = form(writer, {
      params,
      inputs: inputs.map((input) => (input === null ? '' : this.#name(input))),
      types: inputs,
      outputs: resolved.outputs,
      problem: resolved.problem,
    });
    const names = typeof made === 'string' ? [made] : made;
    for (const [i, value] of outputs.entries()) this.#names.set(value, names[i] as string);
  }

  #name(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const name = this.#constant(value);
    this.#names.set(value, name);
    return name;
  }

  /** What no node makes: a number, or storage that the function met. */
  #constant(value: Value): string {
    const { kind, number, dtype, draw } = value;
    if (kind === 'number') return this.#writer.scalar(number, dtype);
    if (kind === 'draw') return seedName(draw as Draw);
    const storage = homeOf(value).storage as Storage;
    // First, since the memory may grow when values come in from outside.
    const { address } = storage;
    const size = value.shape.reduce((a, b) => a * b, 1);
    const values = viewOf(dtype, storage.engine.memory.buffer, address, size);
    return this.#writer.weight(this.#request.weights.get(storage) ?? 'constant', value, values);
  }
}

/** A draw has no name in the file. */
const seedName = (_: Draw): string => '?';
