/**
 * Channels of one size (after Nagel et al., 2019): a tensor has one scale for all channels, of which the small ones would have few
 * integers. Where all that happens to a channel is as good for any multiple of it, the convolution that makes it divides it by s[c] and
 * those that read it multiply by s[c], which changes nothing but the ranges:
 *
 *   w'[o, i] = w[o, i] s_in[i] / s_out[o],  b'[o] = b[o] / s_out[o]
 *
 * Channels that are added, or only pass a Relu, a pool or the like, have one s together: they form classes. A class that something else
 * reads or makes keeps s = 1. Else s is the square root of its range, as a part of the widest channel's: halfway to all ranges alike,
 * as weights of channels that are made wide become coarse in turn.
 */
import type { NodeProto } from '../onnx/protobuf.ts';
import type { Editing } from './editing.ts';

/** The largest magnitude in each channel of a value, along axis 1. */
export type ChannelSizes = ReadonlyMap<string, Float64Array>;

/** Relu and what else gives s y for s x. */
const HOMOGENEOUS = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool'],
  ...['Resize', 'Identity', 'Dropout'],
]);

/** The values whose channels count, in a graph whose nodes are in order. */
export function channelValues(graph: Editing): string[] {
  const names = graph.nodes.flatMap((node) =>
    node.operator === 'Conv' || HOMOGENEOUS.has(node.operator) || isSum(node) || isConcat(node)
      ? [...node.inputs.slice(0, isConcat(node) || isSum(node) ? undefined : 1), node.outputs[0] as string]
      : [],
  );
  return [...new Set(names)].filter(
    (name) => name !== '' && !graph.isStored(name) && graph.weight(name) === null,
  );
}

const isSum = ({ operator }: NodeProto): boolean => operator === 'Add' || operator === 'Sub';
const isConcat = ({ operator, attributes }: NodeProto): boolean =>
  operator === 'Concat' && attributes.get('axis')?.int === 1;

/** No channel is taken for more than so many times as small as the widest. */
const MOST = 16;

/** Divides and multiplies the channels of `sizes`; `integers` are the values that become integers. */
export function equalize(graph: Editing, sizes: ChannelSizes, integers: ReadonlySet<string>): void {
  const classes = classesOf(graph, sizes);
  // How wide a class is, as the mean over the values that become integers of its part of the widest channel.
  const sums = new Map<number, [sum: number, count: number]>();
  for (const name of integers) {
    const own = sizes.get(name);
    if (own === undefined) continue;
    const widest = Math.max(...own);
    own.forEach((size, c) => {
      const root = classes.root(name, c);
      const [sum, count] = sums.get(root) ?? [0, 0];
      if (widest > 0) sums.set(root, [sum + size / widest, count + 1]);
    });
  }
  const scaleOf = (name: string, c: number): number => {
    const root = classes.root(name, c);
    const [sum, count] = sums.get(root) ?? [0, 0];
    if (classes.isFixed(root) || count === 0) return 1;
    return Math.sqrt(Math.max(sum / count, 1 / MOST));
  };
  for (const node of graph.nodes) if (isScalable(graph, node, sizes)) rescaled(graph, node, scaleOf);
}

/** A convolution whose weights and bias can be changed. */
function isScalable(graph: Editing, { operator, inputs, outputs }: NodeProto, sizes: ChannelSizes): boolean {
  const [x = '', w, b = ''] = inputs;
  const hasBias = b === '' || graph.weight(b) !== null;
  const isKnown = sizes.has(x) && sizes.has(outputs[0] as string);
  return operator === 'Conv' && isKnown && hasBias && graph.weight(w) !== null;
}

function rescaled(graph: Editing, node: NodeProto, scaleOf: (name: string, c: number) => number): void {
  const [x, w, b = ''] = node.inputs as [string, string, string?];
  const [y] = node.outputs as [string];
  const weight = graph.weight(w);
  if (weight === null) return;
  const [outputs = 0, each = 0] = weight.shape;
  const groups = node.attributes.get('group')?.int ?? 1;
  const taps = weight.data.length / (outputs * each || 1);
  const into = Float64Array.from({ length: each * groups }, (_, i) => scaleOf(x, i));
  const out = Float64Array.from({ length: outputs }, (_, o) => scaleOf(y, o));
  if (into.every((one) => one === 1) && out.every((one) => one === 1)) return;
  const perGroup = outputs / groups;
  const data = weight.data.map((value, at) => {
    const o = Math.floor(at / (each * taps));
    const i = Math.floor(o / perGroup) * each + (Math.floor(at / taps) % each);
    return (value * (into[i] as number)) / (out[o] as number);
  });
  node.inputs[1] = graph.constant(`${w}/equalized`, weight.shape, data);
  const bias = graph.weight(b);
  if (bias === null) return;
  const moved = bias.data.map((value, o) => value / (out[o] as number));
  node.inputs[2] = graph.constant(`${b}/equalized`, bias.shape, moved);
}

/** The classes of channels, and those that are fixed. */
function classesOf(graph: Editing, sizes: ChannelSizes): Classes {
  const classes = new Classes(sizes);
  const fix = (name: string) => {
    for (let c = 0; c < (sizes.get(name)?.length ?? 0); c++) classes.fix(name, c);
  };
  for (const { name } of [...graph.inputs, ...graph.outputs]) fix(name);
  for (const node of graph.nodes) {
    const [x = '', second = ''] = node.inputs;
    const [y = '', ...more] = node.outputs;
    const [from, to] = [sizes.get(x), sizes.get(y)];
    const along = (name: string) => {
      const own = sizes.get(name);
      if (own === undefined || own.length !== to?.length) return false;
      for (let c = 0; c < own.length; c++) classes.join(name, c, y, c);
      return true;
    };
    if (isScalable(graph, node, sizes)) continue;
    const isPlain =
      from !== undefined &&
      to !== undefined &&
      more.every((name) => name === '') &&
      node.inputs.every(
        (name, i) => i === 0 || graph.weight(name) !== null || graph.isStored(name) || name === '',
      );
    if (HOMOGENEOUS.has(node.operator) && isPlain && along(x)) continue;
    if (isSum(node) && sizes.has(x) && sizes.has(second) && along(x) && along(second)) continue;
    if (isConcat(node) && to !== undefined && joined(graph, node, sizes, classes)) continue;
    for (const name of [...node.inputs, ...node.outputs]) fix(name);
  }
  // What graphs in attributes read may be anything.
  for (const [name, readers] of graph.readers())
    if (readers.some((node) => node !== null && !node.inputs.includes(name))) fix(name);
  return classes;
}

/** Parts side by side; constants of 0 are as good in any scale. */
function joined(
  graph: Editing,
  { inputs, outputs }: NodeProto,
  sizes: ChannelSizes,
  classes: Classes,
): boolean {
  const [y] = outputs as [string];
  const counts = inputs.map((name) => sizes.get(name)?.length ?? graph.weight(name)?.shape[1] ?? Number.NaN);
  if (counts.reduce((sum, one) => sum + one, 0) !== sizes.get(y)?.length) return false;
  let at = 0;
  inputs.forEach((name, part) => {
    const weight = graph.weight(name);
    for (let c = 0; c < (counts[part] as number); c++, at++) {
      if (weight === null) classes.join(name, c, y, at);
      else if (weight.data.some((value) => value !== 0)) classes.fix(y, at);
    }
  });
  return true;
}

/** Sets of channels (union-find), of which some are fixed. */
class Classes {
  readonly #starts = new Map<string, number>();
  readonly #parents: number[] = [];
  readonly #fixed = new Set<number>();

  constructor(sizes: ChannelSizes) {
    for (const [name, own] of sizes) {
      this.#starts.set(name, this.#parents.length);
      for (let c = 0; c < own.length; c++) this.#parents.push(this.#parents.length);
    }
  }

  root(name: string, c: number): number {
    let at = (this.#starts.get(name) as number) + c;
    for (let next = this.#parents[at] as number; next !== at; next = this.#parents[at] as number) at = next;
    return at;
  }

  join(a: string, i: number, b: string, j: number): void {
    const [from, to] = [this.root(a, i), this.root(b, j)];
    if (from === to) return;
    this.#parents[from] = to;
    if (this.#fixed.delete(from)) this.#fixed.add(to);
  }

  fix(name: string, c: number): void {
    this.#fixed.add(this.root(name, c));
  }

  isFixed(root: number): boolean {
    return this.#fixed.has(root);
  }
}
