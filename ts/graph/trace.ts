/**
 * An open trace: operators that are given a symbolic or followed tensor record a node here instead of running.
 * Modules are known by path while it is open, so that a result can be asked for by its module's name.
 */
import { bytesPer, type DType, type TensorType } from '../dtype.ts';
import { elementCount } from '../errors.ts';
import type { Entry, Operand, Params } from '../ops/operator.ts';
import { Tensor } from '../tensor/tensor.ts';
import { DRAW_TYPE, Draw } from './draw.ts';
import type { Graph, Node, Value } from './graph.ts';

let current: Trace | null = null;

/** The trace that is open, if any. */
export function currentTrace(): Trace | null {
  return current;
}

/** Knows the nodes of traces that were seen before. */
export interface Recall {
  /** The outputs' types of a call that was recorded at this place before; null where there was none. */
  next(
    trace: Trace,
    entry: Entry,
    inputs: readonly (Value | null)[],
    params: Params,
  ): readonly TensorType[] | null;
}

export class Trace {
  readonly #inputs: Value[] = [];
  readonly #known = new Map<Tensor<DType>, Value>();
  readonly #followed: ReadonlySet<Tensor<DType>>;
  readonly #recall: Recall | null;
  /** What was recorded. */
  readonly nodes: Node[] = [];
  /** Everything that the nodes read or make, by id. */
  readonly values: Value[] = [];
  /** Results by the path of the module that gave them. */
  readonly named = new Map<string, Value>();
  #path = '';

  constructor(followed: Iterable<Tensor<DType>> = [], recall: Recall | null = null) {
    this.#followed = new Set(followed);
    this.#recall = recall;
  }

  /** Runs `body` with this trace open. @throws TypeError when another is open */
  run<T>(where: string, body: () => T): T {
    if (current !== null) throw new TypeError(`${where}: a traced function cannot be traced inside another`);
    current = this;
    try {
      return body();
    } finally {
      current = null;
    }
  }

  #value(
    { shape, dtype }: TensorType,
    kind: Value['kind'],
    { tensor = null, scalar = 0, draw = null, producer = null }: Partial<Value> = {},
  ): Value {
    const value = { id: this.values.length, shape, dtype, kind, tensor, scalar, draw, producer };
    this.values.push(value);
    return value;
  }

  /** A new symbolic input. */
  input<D extends DType>(type: TensorType & { dtype: D }): Tensor<D> {
    const value = this.#value(type, 'input');
    this.#inputs.push(value);
    return new Tensor(type.shape, type.dtype, null, value);
  }

  /** Whether a call with this tensor is recorded. */
  follows(tensor: Tensor<DType>): boolean {
    return tensor.symbol !== null || this.#followed.has(tensor);
  }

  /** The value that stands for what a function was given or gave. */
  valueOf(operand: Tensor<DType> | number | Draw, dtype: DType = 'float32'): Value {
    if (typeof operand === 'number')
      return this.#value({ shape: [], dtype }, 'constant', { scalar: operand });
    if (operand instanceof Draw) return this.#value(DRAW_TYPE, 'draw', { draw: operand });
    if (operand.symbol !== null) return operand.symbol;
    let value = this.#known.get(operand);
    if (value === undefined) {
      const kind = this.#followed.has(operand) ? 'parameter' : 'constant';
      value = this.#value(operand, kind, { tensor: operand });
      this.#known.set(operand, value);
    }
    return value;
  }

  /** A symbol for a tensor that has values: what is called with it is recorded, not run. */
  capture<D extends DType>(tensor: Tensor<D>): Tensor<D> {
    return tensor.symbol !== null
      ? tensor
      : new Tensor(tensor.shape, tensor.dtype, null, this.valueOf(tensor));
  }

  /** Appends a node and gives its symbolic outputs. */
  record(entry: Entry, inputs: readonly Operand[], params: Params): Tensor<DType>[] {
    const dtype = scalarType(inputs);
    const values = inputs.map((input) => (input === null ? null : this.valueOf(input, dtype)));
    const types = this.#recall?.next(this, entry, values, params) ?? outputTypes(entry, values, params);
    const node: Node = { entry, inputs: values, params, outputs: [], path: this.#path, fused: {} };
    this.nodes.push(node);
    return types.map((type) => {
      const value = this.#value(type, 'node', { producer: node });
      node.outputs.push(value);
      return new Tensor(value.shape, value.dtype, null, value);
    });
  }

  /** Runs a module's forward under its path and remembers what it gave. */
  inside<T>(path: string, body: () => T): T {
    const outer = this.#path;
    this.#path = path;
    try {
      const result = body();
      if (result instanceof Tensor) this.named.set(path, this.valueOf(result));
      return result;
    } finally {
      this.#path = outer;
    }
  }

  /** The graph of what was recorded, without the nodes that no output needs. @throws TypeError for a symbol of another trace */
  graph(outputs: Value[]): Graph {
    const needed = new Set<Node>();
    const own = new Set<Node | Value>([...this.nodes, ...this.#inputs]);
    const visit = (start: Value): void => {
      const stack = [start];
      for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
        const node = value.producer;
        if ((value.kind === 'input' && !own.has(value)) || (node !== null && !own.has(node))) {
          throw new TypeError('compile: a symbolic tensor of another trace was used');
        }
        if (node === null || needed.has(node)) continue;
        needed.add(node);
        for (const input of node.inputs) if (input !== null) stack.push(input);
      }
    };
    outputs.forEach(visit);
    return { inputs: this.#inputs, nodes: this.nodes.filter((node) => needed.has(node)), outputs };
  }
}

/** What an operator gives. @throws what its shape rule throws; RangeError for an output above 2^31 - 1 bytes */
export function outputTypes(
  entry: Entry,
  inputs: readonly (TensorType | null)[],
  params: Params,
): TensorType[] {
  const types = entry.infer(inputs, params);
  for (const { shape, dtype } of types) {
    elementCount(entry.name, shape, bytesPer(dtype));
    // A plan's results share it.
    Object.freeze(shape);
  }
  return types;
}

/** The dtype that a number takes in a tensor's place: that of the first tensor beside it. */
export function scalarType(inputs: readonly Operand[]): DType {
  for (const input of inputs) if (input instanceof Tensor) return input.dtype;
  return 'float32';
}
