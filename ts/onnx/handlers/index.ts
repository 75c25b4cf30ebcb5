/**
 * The operators that models may use, by ONNX's name. What most networks use is here; the others are files of their own, which are loaded
 * when a model uses one of them.
 */
import type { Handler, Handlers } from '../handler.ts';
import type { GraphProto, ModelProto, NodeProto } from '../protobuf.ts';
import { BOOL } from '../weights.ts';
import { activation } from './activation.ts';
import { affine } from './affine.ts';
import { arithmetic } from './arithmetic.ts';
import { constants } from './constant.ts';
import { convolution } from './convolution.ts';
import { indexing } from './indexing.ts';
import { pooling } from './pooling.ts';
import { reductions } from './reduction.ts';
import { CROPPED, resizing } from './resize.ts';
import { shapes } from './shape.ts';

/** The rows of each operator. A Map: a file may name an operator 'toString'. */
export type HandlerTable = ReadonlyMap<string, readonly Handler[]>;

export const common = (): readonly Handlers[] => [
  ...[activation, affine, arithmetic, constants, convolution],
  ...[indexing, pooling, reductions, resizing, shapes],
];

interface Others {
  /** Their names, with a space between them. */
  readonly names: string;
  /** Which nodes of these names need them; without it all. */
  readonly when?: (node: NodeProto) => boolean;
  load(): Promise<Handlers>;
}

export const OTHERS: readonly Others[] = [
  {
    names: 'Resize',
    when: ({ attributes }) => attributes.get('coordinate_transformation_mode')?.string === CROPPED,
    load: async () => (await import('./cropped.ts')).cropping,
  },
  {
    names: 'Cast',
    when: ({ attributes }) => attributes.get('to')?.int === BOOL,
    load: async () => (await import('./comparison.ts')).truth,
  },
  {
    names:
      'Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not IsNaN IsInf Where ThresholdedRelu Shrink Hardmax',
    load: async () => (await import('./comparison.ts')).comparisons,
  },
  {
    names: 'BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitShift Mod',
    load: async () => (await import('./bits.ts')).integers,
  },
  {
    names: 'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ReduceProd',
    load: async () => (await import('./sums.ts')).sums,
  },
  {
    names:
      'InstanceNormalization LayerNormalization RMSNormalization GroupNormalization MeanVarianceNormalization LpNormalization LRN',
    load: async () => (await import('./normalization.ts')).normalization,
  },
  { names: 'Dropout', load: async () => (await import('./dropout.ts')).dropouts },
  { names: 'ConvTranspose', load: async () => (await import('./transposed.ts')).transposedConvolution },
  { names: 'GlobalLpPool LpPool', load: async () => (await import('./powers.ts')).powers },
  {
    names: 'DepthToSpace SpaceToDepth Col2Im CenterCropPad',
    load: async () => (await import('./blocks.ts')).blocks,
  },
  {
    names: 'GatherElements Scatter ScatterElements CumSum OneHot Trilu TopK EyeLike',
    load: async () => (await import('./picking.ts')).picking,
  },
  {
    names: 'GridSample AffineGrid DeformConv MaxRoiPool RoiAlign',
    load: async () => (await import('./resampling.ts')).resampling,
  },
  { names: 'MaxUnpool', load: async () => (await import('./unpooling.ts')).unpooling },
  { names: 'GatherND ScatterND ReverseSequence', load: async () => (await import('./places.ts')).places },
  {
    names: 'NonZero Compress Unique NonMaxSuppression Det',
    load: async () => (await import('./found.ts')).found,
  },
  { names: 'Einsum', load: async () => (await import('./einsum.ts')).sumsOfProducts },
  {
    names: 'QuantizeLinear DequantizeLinear DynamicQuantizeLinear',
    load: async () => (await import('./quantization.ts')).quantization,
  },
  {
    names:
      'ConvInteger QLinearConv MatMulInteger QLinearMatMul com.microsoft.MatMulIntegerToFloat com.microsoft.DynamicQuantizeMatMul com.microsoft.QLinearAdd com.microsoft.QLinearMul com.microsoft.QLinearSigmoid com.microsoft.QLinearLeakyRelu com.microsoft.QLinearSoftmax com.microsoft.QLinearGlobalAveragePool com.microsoft.QLinearAveragePool com.microsoft.QLinearConcat',
    load: async () => (await import('./quantized.ts')).quantized,
  },
  {
    names:
      'com.microsoft.FusedConv com.microsoft.FusedGemm com.microsoft.FusedMatMul com.microsoft.Gelu com.microsoft.BiasGelu com.microsoft.FastGelu com.microsoft.QuickGelu com.microsoft.SkipLayerNormalization',
    load: async () => (await import('./fused.ts')).fused,
  },
  { names: 'If Loop Scan SequenceMap', load: async () => (await import('./control.ts')).control },
  {
    names:
      'SequenceConstruct SequenceEmpty SequenceAt SequenceInsert SequenceErase SequenceLength ConcatFromSequence SplitToSequence',
    load: async () => (await import('./sequence.ts')).sequences,
  },
  {
    names: 'RNN GRU LSTM com.microsoft.DynamicQuantizeLSTM',
    load: async () => (await import('./recurrent.ts')).recurrent,
  },
  {
    names: 'HannWindow HammingWindow BlackmanWindow MelWeightMatrix DFT STFT',
    load: async () => (await import('./audio.ts')).audio,
  },
  {
    names: 'RandomNormal RandomUniform RandomNormalLike RandomUniformLike Bernoulli Multinomial',
    load: async () => (await import('./random.ts')).randoms,
  },
  {
    names: 'NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss',
    load: async () => (await import('./losses.ts')).losses,
  },
];

/** The rows by operator: of those of these names, or of all; a later list's stand for an earlier one's. */
export function tableOf(all: readonly Handlers[], names?: Iterable<string>): HandlerTable {
  const table = new Map<string, readonly Handler[]>();
  for (const handlers of all) {
    for (const name of names ?? Object.keys(handlers)) {
      if (!Object.hasOwn(handlers, name)) continue;
      const handler = handlers[name] as Handler | readonly Handler[];
      table.set(name, 'build' in handler ? [handler] : handler);
    }
  }
  return table;
}

/** The table of the operators that a model uses, as far as they are known. */
export async function handlersFor({ graph }: ModelProto): Promise<HandlerTable> {
  const used = nodesOf(graph);
  const wanted = OTHERS.filter(({ names, when }) =>
    names.split(' ').some((name) => used.get(name)?.some((node) => when === undefined || when(node))),
  );
  return tableOf([...common(), ...(await Promise.all(wanted.map(({ load }) => load())))], [...used.keys()]);
}

/** The nodes of each operator in a graph, and in the graphs in its nodes' attributes. */
function nodesOf(graph: GraphProto): ReadonlyMap<string, readonly NodeProto[]> {
  const found = new Map<string, NodeProto[]>();
  const graphs = [graph];
  for (const { nodes } of graphs) {
    for (const node of nodes) {
      const same = found.get(node.operator);
      if (same === undefined) found.set(node.operator, [node]);
      else same.push(node);
      for (const { graph: inner } of node.attributes.values()) if (inner !== null) graphs.push(inner);
    }
  }
  return found;
}
