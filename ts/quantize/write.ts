/** A graph with integers: QuantizeLinear and DequantizeLinear around the values and behind the weights of the steps that run on them. */
import type { NodeProto } from '../onnx/protobuf.ts';
import type { Editing, Readers, Weight } from './editing.ts';
import { intAttribute, nodeProto } from './protos.ts';
import { type Parameters, parametersOf, type Range } from './range.ts';
import { isBound, nameOf, type Step } from './steps.ts';
import { quantizedBias, quantizedWeight } from './weights.ts';

/** How values become integers. */
export class Quantizers {
  readonly #graph: Editing;
  readonly #levels: number;
  readonly #ranges: ReadonlyMap<string, Range>;
  /** The names of scale and zero point of each range, which values share. */
  readonly #constants = new Map<Range, readonly [scale: string, zero: string]>();

  constructor(graph: Editing, ranges: ReadonlyMap<string, Range>, levels: number) {
    this.#graph = graph;
    this.#ranges = ranges;
    this.#levels = levels;
  }

  parameters(name: string): Parameters {
    return parametersOf(this.#ranges.get(name) as Range, this.#levels);
  }

  /**
   * Appends the nodes that take a value to integers and back; gives the name of what comes back. `bound` is the Relu or Clip that makes
   * the value, where nothing else reads what that is given.
   */
  around(name: string, made: NodeProto[], bound: NodeProto | null = null): string {
    const graph = this.#graph;
    const [scale, zero] = this.#named(name);
    const bounded = this.#levels === 255 ? name : this.#bounded(name, made, bound);
    const integers = graph.unique(`${name}/quantized`);
    const back = graph.unique(`${name}/dequantized`);
    made.push(nodeProto('QuantizeLinear', [bounded, scale, zero], integers));
    made.push(nodeProto('DequantizeLinear', [integers, scale, zero], back));
    return back;
  }

  /** A constant as integers in the units of a value, and back; gives the name of what comes back. */
  constant(wanted: string, { shape, data }: Weight, like: string, made: NodeProto[]): string {
    const { scale, zero, levels } = this.parameters(like);
    const values = Uint8Array.from(data, (value) =>
      Math.max(0, Math.min(levels, Math.round(value / scale) + zero)),
    );
    const integers = this.#graph.constant(`${wanted}/quantized`, shape, values);
    const back = this.#graph.unique(`${wanted}/dequantized`);
    made.push(nodeProto('DequantizeLinear', [integers, ...this.#named(like)], back));
    return back;
  }

  #named(name: string): readonly [string, string] {
    const range = this.#ranges.get(name) as Range;
    const known = this.#constants.get(range);
    if (known !== undefined) return known;
    const { scale, zero } = this.parameters(name);
    const names = [
      this.#graph.constant(`${name}/scale`, [], Float32Array.of(scale)),
      this.#graph.constant(`${name}/zero`, [], Uint8Array.of(zero)),
    ] as const;
    this.#constants.set(range, names);
    return names;
  }

  /** Fewer levels than a byte has: bounds that integers above them do not pass. A Relu or Clip takes them for its own. */
  #bounded(name: string, made: NodeProto[], bound: NodeProto | null): string {
    const { scale, zero, levels } = this.parameters(name);
    const bounds = [-zero * scale, (levels - zero) * scale].map((value, i) =>
      this.#graph.constant(`${name}/${i === 0 ? 'low' : 'high'}`, [], Float32Array.of(value)),
    );
    if (bound !== null) {
      // The range has been seen behind it, so it is the narrower one.
      Object.assign(bound, { operator: 'Clip', inputs: [bound.inputs[0], ...bounds], attributes: new Map() });
      return name;
    }
    const bounded = this.#graph.unique(`${name}/bounded`);
    made.push(nodeProto('Clip', [name, ...bounds], bounded));
    return bounded;
  }
}

/** Where the output channels of a product's weights lie. */
export function channelAxis({ operator, attributes }: NodeProto): number {
  if (operator === 'Conv') return 0;
  return operator === 'Gemm' && (attributes.get('transB')?.int ?? 0) !== 0 ? 0 : 1;
}

/** Puts int8 weights, and an int32 bias, in the place of a product's floats; `correction` is added to the bias. */
export function integerWeights(
  graph: Editing,
  step: Step,
  xScale: number,
  correction: ArrayLike<number> | null,
): void {
  const [node, behind] = step.nodes as [NodeProto, NodeProto?];
  const [, w = '', b = ''] = node.inputs;
  const weight = graph.weight(w) as Weight;
  const axis = channelAxis(node);
  const channels = weight.shape[axis] as number;
  const own = graph.weight(b)?.data ?? null;
  const takesBias = node.operator !== 'MatMul';
  const bias =
    takesBias && correction !== null
      ? Float32Array.from({ length: channels }, (_, c) => (own?.[c] ?? 0) + (correction[c] as number))
      : own;
  const { values, scales } = quantizedWeight(weight, axis, bias, xScale);
  node.inputs[1] = stored(graph, { wanted: w, shape: weight.shape, values, scales, axis });
  if (takesBias && bias !== null) {
    const integers = quantizedBias(bias, scales, xScale);
    node.inputs[2] = stored(graph, {
      wanted: b || `${nameOf(node)}/bias`,
      shape: [channels],
      ...integers,
      axis: 0,
    });
  } else if (!takesBias && behind?.operator === 'Add' && correction !== null) {
    const at = behind.inputs.findIndex((name) => graph.weight(name) !== null);
    const row = graph.weight(behind.inputs[at]);
    if (row === null) return;
    const moved = row.data.map((value, c) => value + (correction[c] as number));
    behind.inputs[at] = graph.constant(`${behind.inputs[at]}/corrected`, row.shape, moved);
  }
}

interface Stored {
  readonly wanted: string;
  readonly shape: readonly number[];
  readonly values: Int8Array | Int32Array;
  readonly scales: Float32Array;
  readonly axis: number;
}

/** Integers with a scale for each channel, and the node that makes floats of them; gives its output. */
function stored(graph: Editing, { wanted, shape, values, scales, axis }: Stored): string {
  const channels = scales.length;
  const integers = graph.constant(`${wanted}/quantized`, shape, values);
  const inputs = [integers, graph.constant(`${wanted}/scale`, [channels], scales)];
  // Of 32-bit integers it is 0, and may be left out.
  if (values instanceof Int8Array)
    inputs.push(graph.constant(`${wanted}/zero`, [channels], new Int8Array(channels)));
  const back = graph.unique(`${wanted}/dequantized`);
  graph.nodes.push(nodeProto('DequantizeLinear', inputs, back, { axis: intAttribute(axis) }));
  return back;
}

/**
 * Makes the chosen steps run on integers: each value that one of them reads goes through integers once, and all that read it take
 * what comes back, but for floats that float nodes make and read.
 */
export function writeIntegers(
  graph: Editing,
  chosen: readonly Step[],
  quantizers: Quantizers,
  corrections: ReadonlyMap<Step, ArrayLike<number>>,
): void {
  const readers: Readers = graph.readers();
  const inside = new Set(chosen.flatMap(({ nodes }) => nodes));
  const made = new Set(chosen.flatMap(({ outputs }) => outputs));
  const values = new Set(chosen.flatMap(({ inputs }) => inputs));
  const nodes: NodeProto[] = [];
  for (const step of chosen)
    if (step.kind === 'weighted')
      integerWeights(
        graph,
        step,
        quantizers.parameters(step.inputs[0] as string).scale,
        corrections.get(step) ?? null,
      );
  const bounds = new Map(
    chosen.flatMap(({ nodes: own, outputs }): [string, NodeProto][] => {
      const last = own.at(-1) as NodeProto;
      return own.length > 1 && isBound(graph, last) ? [[outputs[0] as string, last]] : [];
    }),
  );
  for (const name of values) {
    const back = quantizers.around(name, nodes, bounds.get(name) ?? null);
    for (const reader of readers.get(name) ?? []) {
      if (reader === null || !(inside.has(reader) || made.has(name))) continue;
      reader.inputs.forEach((one, i) => {
        if (one === name) reader.inputs[i] = back;
      });
    }
  }
  for (const { kind, nodes: own, outputs } of chosen) {
    const [node] = own as [NodeProto];
    if (kind !== 'joined' || node.operator !== 'Concat') continue;
    node.inputs.forEach((name, i) => {
      const weight = graph.weight(name);
      if (weight !== null) node.inputs[i] = quantizers.constant(name, weight, outputs[0] as string, nodes);
    });
  }
  graph.nodes.push(...nodes);
}
