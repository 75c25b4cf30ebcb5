/**
 * The operators that models may use, by ONNX's name. What most networks use is here; the others are files of their own, which are loaded
 * when a model uses one of them.
 */
import type { Handler, Handlers } from '../handler.ts';
import type { GraphProto, ModelProto } from '../protobuf.ts';
import { activation } from './activation.ts';
import { affine } from './affine.ts';
import { arithmetic } from './arithmetic.ts';
import { blocks } from './blocks.ts';
import { comparisons } from './comparison.ts';
import { constants } from './constant.ts';
import { convolution } from './convolution.ts';
import { indexing } from './indexing.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { reductions } from './reduction.ts';
import { shapes } from './shape.ts';

/** The rows of each operator. A Map: a file may name an operator 'toString'. */
export type HandlerTable = ReadonlyMap<string, readonly Handler[]>;

export const common = (): readonly Handlers[] => [
  ...[activation, affine, arithmetic, blocks, comparisons, constants, convolution],
  ...[indexing, normalization, pooling, reductions, shapes],
];

interface Others {
  /** Their names, with a space between them. */
  readonly names: string;
  load(): Promise<Handlers>;
}

export const OTHERS: readonly Others[] = [
  { names: 'Resize Upsample', load: async () => (await import('./resize.ts')).resizing },
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

/** The rows by operator: of those of these names, or of all. */
export function tableOf(all: readonly Handlers[], names?: ReadonlySet<string>): HandlerTable {
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
  const used = operatorsOf(graph);
  const table = tableOf(common(), used);
  const others = [...used].filter((name) => !table.has(name));
  if (others.length === 0) return table;
  const wanted = OTHERS.filter(({ names }) => names.split(' ').some((name) => others.includes(name)));
  return tableOf([...common(), ...(await Promise.all(wanted.map(({ load }) => load())))], used);
}

/** The names of a graph's operators, and of those in its nodes' attributes. */
function operatorsOf(graph: GraphProto): ReadonlySet<string> {
  const names = new Set<string>();
  const graphs = [graph];
  for (const { nodes } of graphs) {
    for (const { operator, attributes } of nodes) {
      names.add(operator);
      for (const { graph: inner } of attributes.values()) if (inner !== null) graphs.push(inner);
    }
  }
  return names;
}
