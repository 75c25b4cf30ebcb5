/**
 * What a convolution's channels are multiplied by and moved by afterwards, put into its weights and bias:
 *
 *   factor[c] * (sum of w[c] x + b[c]) + shift[c] = sum of (factor[c] w[c]) x + (factor[c] b[c] + shift[c])
 *
 * of a batch norm (factor = weight / sqrt(variance + eps), shift = bias - mean * factor), and of sums and products with constants.
 */
import type { NodeProto } from '../onnx/protobuf.ts';
import type { Editing, Weight } from './editing.ts';

/** Folds all that can be. */
export function foldNorms(graph: Editing): void {
  const readers = graph.readers();
  const gone = new Set<NodeProto>();
  for (const node of graph.nodes) {
    if (node.operator !== 'Conv') continue;
    for (;;) {
      const [y = ''] = node.outputs;
      const [next, ...more] = readers.get(y) ?? [];
      const weight = graph.weight(node.inputs[1]);
      const hasBias = (node.inputs[2] ?? '') !== '';
      if (next === undefined || next === null || more.length > 0 || weight === null) break;
      if (hasBias && graph.weight(node.inputs[2]) === null) break;
      const affine = affineOf(graph, next, y, weight.shape);
      if (affine === null) break;
      folded(graph, node, weight, affine);
      node.outputs[0] = next.outputs[0] as string;
      gone.add(next);
    }
  }
  graph.remove(gone);
}

/** What happens to each channel. */
interface Affine {
  readonly factor: ArrayLike<number>;
  readonly shift: ArrayLike<number>;
}

function affineOf(graph: Editing, node: NodeProto, x: string, weight: readonly number[]): Affine | null {
  const [channels = 0] = weight;
  if (node.operator === 'BatchNormalization') return normOf(graph, node, channels);
  const [a, b] = node.inputs;
  const isFirst = a === x;
  if (a === b || !(isFirst || node.operator === 'Add' || node.operator === 'Mul')) return null;
  const values = perChannel(graph.weight(isFirst ? b : a), channels, weight.length - 2);
  if (values === null) return null;
  const [ones, zeros] = [1, 0].map((value) => new Float64Array(channels).fill(value)) as [
    Float64Array,
    Float64Array,
  ];
  switch (node.operator) {
    case 'Add':
      return { factor: ones, shift: values };
    case 'Sub':
      return { factor: ones, shift: values.map((value) => -value) };
    case 'Mul':
      return { factor: values, shift: zeros };
    case 'Div':
      return { factor: values.map((value) => 1 / value), shift: zeros };
    default:
      return null;
  }
}

function normOf(graph: Editing, { inputs, outputs, attributes }: NodeProto, channels: number): Affine | null {
  if (outputs.slice(1).some((name) => name !== '')) return null;
  if ((attributes.get('training_mode')?.int ?? 0) !== 0) return null;
  const [weight, bias, mean, variance] = inputs.slice(1, 5).map((name) => graph.weight(name)?.data);
  if (!weight || !bias || !mean || !variance || weight.length !== channels) return null;
  const eps = attributes.get('epsilon')?.float ?? 1e-5;
  const factor = Float64Array.from(weight, (value, c) => value / Math.sqrt((variance[c] as number) + eps));
  return { factor, shift: factor.map((value, c) => (bias[c] as number) - (mean[c] as number) * value) };
}

/** A constant as one value for each channel: a scalar, or sizes of 1 but for the channels' axis, which `places` axes follow. */
function perChannel(constant: Weight | null, channels: number, places: number): Float64Array | null {
  if (constant === null || constant.shape.length > places + 2) return null;
  const { shape, data } = constant;
  if (data.length === 1) return new Float64Array(channels).fill(data[0] as number);
  const axis = shape.findIndex((size) => size !== 1);
  const rest = shape.slice(axis + 1);
  if (data.length !== channels || rest.length !== places || rest.some((size) => size !== 1)) return null;
  return Float64Array.from(data);
}

function folded(graph: Editing, node: NodeProto, weight: Weight, { factor, shift }: Affine): void {
  const { shape, data } = weight;
  const channels = shape[0] as number;
  const each = data.length / channels;
  const [x, w, b] = node.inputs as [string, string, string | undefined];
  const bias = graph.weight(b)?.data;
  const scaled = data.map((value, i) => value * (factor[Math.floor(i / each)] as number));
  const moved = Float32Array.from({ length: channels }, (_, c) =>
    Math.fround((bias?.[c] ?? 0) * (factor[c] as number) + (shift[c] as number)),
  );
  node.inputs.splice(
    0,
    node.inputs.length,
    ...[x, graph.constant(`${w}/folded`, shape, scaled), graph.constant(`${w}/bias`, [channels], moved)],
  );
}
