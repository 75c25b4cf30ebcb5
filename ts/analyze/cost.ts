/**
 * What a layer computes for one sample: multiply-accumulates, and beside them operations of other kinds by a convention that the
 * table of an analysis states. What nobody has counted is not known, which is not nothing.
 */
import type { Window } from '../graph/entry.ts';
import type { Node } from '../graph/value.ts';
import { countOf } from '../instructions/emit.ts';
import { ELEMENTWISE, REDUCTIONS } from './reads.ts';

/**
 * How far a cost is known: complete; partial, which makes it a lower bound, since operations of the layer, or layers of
 * the net, are not counted; unavailable.
 */
export type Coverage = 'complete' | 'partial' | 'unavailable';

/** What a node computes, all samples together; null where that is not known. */
export interface NodeCost {
  readonly macs: number | null;
  readonly operations: number | null;
}

/** They move values, or choose some. */
const MOVES: ReadonlySet<string> = /*#__PURE__*/ new Set([
  ...[
    'assign',
    'cast',
    'channelShuffle',
    'clone',
    'concat',
    'dropout',
    'expand',
    'flatten',
    'full',
    'gather',
  ],
  ...['indexSelect', 'maxUnpool', 'oneHot', 'pad', 'permute', 'pixelShuffle', 'pixelUnshuffle', 'random'],
  ...[
    'reshape',
    'scatter',
    'slice',
    'split',
    'squeeze',
    'stack',
    'tile',
    'tril',
    'triu',
    'unfold',
    'unsqueeze',
  ],
]);

/** How many operations depends on the values: they compare, or look where boxes say. They multiply no weights. */
const BY_VALUES: ReadonlySet<string> = /*#__PURE__*/ new Set(['roiAlign', 'roiPool', 'sort', 'topK']);

const LOSSES: ReadonlySet<string> = /*#__PURE__*/ new Set([
  ...['binaryCrossEntropy', 'binaryCrossEntropyWithLogits', 'crossEntropy', 'huberLoss', 'klDiv', 'l1Loss'],
  ...['mseLoss', 'nllLoss', 'smoothL1Loss'],
]);

const outputs = ({ outputs: [y] }: Node): number => countOf(y!.shape);
const inputs = ({ inputs: [x] }: Node): number => countOf(x!.shape);
const has = ({ entry, inputs: all }: Node, name: string): boolean => !!all[entry.args.indexOf(name)];
const bias = (node: Node): number => (has(node, 'bias') ? outputs(node) : 0);
/** By known statistics a factor and a summand; else mean, variance and quotient too. */
const norm = (node: Node): number =>
  outputs(node) *
  ((node.entry.name === 'batchNorm' && node.params[0] !== 1 ? 1 : 4) + Number(has(node, 'weight')));

/** How many places of the input all windows along an axis have together. */
function placesOf(window: Window, size: number): number {
  switch (window.kind) {
    case 'adaptive': {
      const { input, output } = window;
      const widths = Array.from(
        { length: output },
        (_, o) => Math.ceil(((o + 1) * input) / output) - Math.floor((o * input) / output),
      );
      return widths.reduce((sum, width) => sum + width, 0);
    }
    case 'resampled':
      return size * (window.before + 1 + window.after);
    default:
      return size * window.kernel;
  }
}

/** A place of a window is an operation. */
function windows({ resolved, outputs: [y] }: Node): number {
  const all = resolved.window ?? [];
  const first = y!.shape.length - all.length;
  const places = all.map((window, axis) => placesOf(window, y!.shape[first + axis] as number));
  return countOf([...y!.shape.slice(0, first), ...places]);
}

/** Samples between elements of a plane, four neighbours each, and a mask. */
function deformed(node: Node): number {
  const [x, y] = [node.inputs[0]!.shape, node.outputs[0]!.shape];
  const taps = countOf(
    (node.resolved.window ?? []).map((window) => ('kernel' in window ? window.kernel : 1)),
  );
  const samples = countOf([...x.slice(0, 2), ...y.slice(2)]) * taps;
  return samples * (4 + Number(has(node, 'mask'))) + bias(node);
}

/** Interpolation in a plane or a volume. params: the mode, first. */
const NEIGHBOURS = [2, 1, 4];

const RULES: Readonly<Record<string, (node: Node) => number>> = {
  conv: bias,
  convTranspose: bias,
  separableConv: bias,
  spatialSeparableConv: bias,
  deformConv: deformed,
  linear: bias,
  matmul: () => 0,
  batchNorm: norm,
  groupNorm: norm,
  instanceNorm: norm,
  layerNorm: norm,
  localResponseNorm: norm,
  softmax: outputs,
  logSoftmax: outputs,
  cumSum: outputs,
  variance: (node) => 3 * inputs(node),
  std: (node) => 3 * inputs(node),
  fold: inputs,
  interpolate: windows,
  gridSample: (node) =>
    outputs(node) * (NEIGHBOURS[node.params[0] as number] ?? 1) ** (node.inputs[0]!.shape.length - 2),
};

/** What a node computes. */
export function costOf(node: Node): NodeCost {
  const { macs } = node.resolved;
  const name = node.entry.name.replace(/[123]d$/, '');
  const rule = RULES[name];
  if (rule !== undefined) return { macs: macs ?? 0, operations: rule(node) };
  if (BY_VALUES.has(name)) return { macs: 0, operations: null };
  if (/Pool$/.test(name)) return { macs: 0, operations: windows(node) };
  if (MOVES.has(name)) return { macs: 0, operations: 0 };
  if (ELEMENTWISE.has(name)) return { macs: 0, operations: outputs(node) };
  if (REDUCTIONS.has(name) || LOSSES.has(name)) return { macs: 0, operations: inputs(node) };
  return { macs: macs ?? null, operations: null };
}
