/** What an analysis has of each layer, and the sums. */
import type { Coverage } from './cost.ts';
import type { ReceptiveField } from './field.ts';

/** A layer's row. */
export interface LayerAnalysis {
  /** Its module's path (`features.3`), or the operator's name, numbered where it comes again: what `layer` options take. */
  readonly name: string;
  /** The operator. */
  readonly operator: string;
  /** The shape of what it gives, the batch in it. */
  readonly outputShape: readonly number[];
  /** Elements of its parameters, bias included; those that a layer before it has counted are 0. */
  readonly parameters: number;
  /** Multiply-accumulates of one sample; null where they are not known. */
  readonly macs: number | null;
  /**
   * Operations of one sample beside these: 1 for each element that a bias, an activation or arithmetic makes, 1 for each place of
   * a pool's window, 2 for each element of a batch norm, 5 where a norm takes its statistics from its input (less one without
   * a weight). Null where they are not known.
   */
  readonly operations: number | null;
  /** Whether both are known: complete; only one, which makes the row a lower bound: partial; none: unavailable. */
  readonly cost: Coverage;
  /**
   * Connections per parameter: multiply-accumulates by weights, the bias not counted. A dense convolution's is the number
   * of its output's places. Null without weights.
   */
  readonly cpr: number | null;
  /** Parameters of the fully connected layer of the same input and output; 0 for a layer without weights. */
  readonly denseParameters: number;
  /** Parameters of the same layer if its weights were not shared: a kernel for each place; 0 for a layer without weights. */
  readonly locallyConnectedParameters: number;
  /** How far its elements see in the first input that it depends on. */
  readonly receptiveField: ReceptiveField;
  /** Bytes of what it gives. */
  readonly bytes: number;
}

/** Sums over the layers. */
export interface AnalysisTotals {
  /** Parameters. */
  readonly parameters: number;
  /** Multiply-accumulates of one sample: of the layers of which they are known. */
  readonly macs: number;
  /** Operations of one sample beside these, likewise. */
  readonly operations: number;
  /** Whether all layers are complete; else the sums are lower bounds: partial. Unavailable: of no layer is anything known. */
  readonly cost: Coverage;
  /** The operators whose multiply-accumulates, and whose other operations, are not known. */
  readonly unknown: {
    /** Those whose multiply-accumulates are not known. */
    readonly macs: readonly string[];
    /** Those whose other operations are not known. */
    readonly operations: readonly string[];
  };
  /** Multiply-accumulates by weights. Null without weights. */
  readonly cpr: number | null;
  /** Parameters if all layers with weights were fully connected. */
  readonly denseParameters: number;
  /** Parameters if no weights were shared. */
  readonly locallyConnectedParameters: number;
  /** Bytes of what the layers give. */
  readonly bytes: number;
}
