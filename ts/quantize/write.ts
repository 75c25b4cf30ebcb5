/** A graph with integers: QuantizeLinear and DequantizeLinear around the values and behind the weights of the steps that run on them. */
import type { NodeProto } from '../onnx/protobuf.ts';
import type { Editing, Readers, Weight } from './editing.ts';
import { intAttribute, nodeProto } from './protos.ts';
import { LEVELS, type Parameters, parametersOf, type Range } from './range.ts';
import { nameOf, type Step } from './steps.ts';
import { quantizedBias, quantizedWeight } from './weights.ts';

/** How values become integers. */
export class Quantizers {
  readonly #graph: Editing;
  readonly #ranges: ReadonlyMap<string, Range>;
  /** The names of scale and zero point of each range, which values share. */
  readonly #constants = new Map<Range, readonly [scale: string, zero: string]>();

  constructor(graph: Editing, ranges: ReadonlyMap<string, Range>) {
    this.#graph = graph;
    this.#ranges = ranges;
  }

  parameters(name: string): Parameters {
    return parametersOf(this.#ranges.get(name) as Range);
  }

  /** Appends the nodes that take a value to integers and back; gives the name of what comes back. */
  around(name: string, made: NodeProto[]): string {
    const graph = this.#graph;
    const [scale, zero] = this.#named(name);
    const integers = graph.unique(`${name}/quantized`);
    const back = graph.unique(`${name}/dequantized`);
    made.push(nodeProto('QuantizeLinear', [name, scale, zero], integers));
    made.push(nodeProto('DequantizeLinear', [integers, scale, zero], back));
    return back;
  }

  /** A constant as integers in the units of a value, and back; gives the name of what comes back. */
  constant(wanted: string, { shape, data }: Weight, like: string, made: NodeProto[]): string {
    const { scale, zero } = this.parameters(like);
    const values = Uint8Array.from(data, (value) =>
      Math.max(0, Math.min(LEVELS, Math.round(value / scale) + zero)),
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
}

/** Where the output channels of a product's weights lie. */
export function channelAxis({ operator, attributes }: NodeProto): number {
  if (operator === 'Conv') return 0;
  return operator === 'Gemm' && (attributes.get('transB')?.int ?? 0) !== 0 ? 0 : 1;
}

/** How weights become integers. */
export interface WeightOptions {
  readonly xScale: number;
  /** The greatest integer. */
  readonly greatest: number;
  /** What is added to the bias. */
  readonly correction: ArrayLike<number> | null;
}

/** Puts int8 weights, and an int32 bias, in the place of a product's floats. */
export function integerWeights(
  graph: Editing,
  step: Step,
  { xScale, greatest, correction }: WeightOptions,
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
  const { values, scales } = quantizedWeight(weight, axis, bias, xScale, greatest);
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
  greatest: number,
): void {
  const readers: Readers = graph.readers();
  const inside = new Set(chosen.flatMap(({ nodes }) => nodes));
  const made = new Set(chosen.flatMap(({ outputs }) => outputs));
  const values = new Set(chosen.flatMap(({ inputs }) => inputs));
  const nodes: NodeProto[] = [];
  for (const step of chosen)
    if (step.kind === 'weighted')
      integerWeights(graph, step, {
        xScale: quantizers.parameters(step.inputs[0] as string).scale,
        greatest,
        correction: corrections.get(step) ?? null,
      });
  for (const name of values) {
    const back = quantizers.around(name, nodes);
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
