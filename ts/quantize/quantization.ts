/**
 * The work of `quantize`, pass by pass over the calibration inputs: the ranges of the values; each layer on integers beside its
 * floats, which gives its signal-to-noise ratio and the mean errors that its bias takes back; then the whole on integers.
 */
import { ModelError, wrongValue } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { Model } from '../onnx/model.ts';
import type { ModelProto, NodeProto } from '../onnx/protobuf.ts';
import { Editing } from './editing.ts';
import { channelValues, equalize } from './equalize.ts';
import { QuantizedModel } from './model.ts';
import { Noise } from './noise.ts';
import type { Settings } from './options.ts';
import { constantBytes } from './protos.ts';
import type { Range } from './range.ts';
import { notFinite, passesOf, rangesOf } from './ranges.ts';
import { type LayerQuantization, QuantizationReport } from './report.ts';
import { Runs, type Sample, type Seen, type Values, type Watch } from './samples.ts';
import { sharedRanges } from './scales.ts';
import { constantsOf, editingOf, inOrder, made } from './source.ts';
import { biasOf, chosenOf, nameOf, type Step, stepsOf } from './steps.ts';
import { channelAxis, integerWeights, Quantizers, writeIntegers } from './write.ts';

const where = 'quantize';

/** Passes beside those for the ranges: each layer alone, and the whole. */
const PASSES = 2;
/** Heads have at most one of so many weights. */
const HEAD = 8;

interface Watching extends Watch {
  begin(total: number): void;
}

export class Quantization {
  readonly #source: Model;
  readonly #samples: readonly Sample[];
  readonly #settings: Settings;
  readonly #watch: Watching;
  readonly #runs: Runs;

  constructor(source: Model, samples: readonly Sample[], settings: Settings, watch: Watching) {
    this.#source = source;
    this.#samples = samples;
    this.#settings = settings;
    this.#watch = watch;
    this.#runs = new Runs(samples, watch);
  }

  async run(): Promise<QuantizedModel> {
    const settings = this.#settings;
    const passes = passesOf(settings) + PASSES + (settings.equalize ? 1 : 0);
    this.#watch.begin(this.#samples.length * passes);
    const proto = await this.#equalized(editingOf(this.#source));
    const floats = made(proto, this.#source.origin.options);
    try {
      return await this.#quantized(proto, floats);
    } finally {
      floats.dispose();
    }
  }

  /** The floats with channels of like sizes. */
  async #equalized(graph: Editing): Promise<ModelProto> {
    if (!this.#settings.equalize) return graph.model();
    const excluded = this.#excluded(graph.model());
    const chosen = chosenOf(stepsOf(graph, excluded).steps, excluded);
    const names = channelValues(graph);
    const sizes = new Map<string, Float64Array>();
    const floats = made(graph.model(), this.#source.origin.options);
    try {
      const lists = names.map((name) => [name]);
      await this.#runs.visit([floats], lists, ([values], [name = ''], sample) => {
        const { data, shape } = (values as Values).get(name) as Seen;
        const channels = shape[1];
        if (channels === undefined) return;
        const own = largest(data, shape, sizes.get(name) ?? new Float64Array(channels));
        const odd = own.find((size) => !Number.isFinite(size));
        if (odd !== undefined) throw notFinite(name, sample, odd);
        sizes.set(name, own);
      });
    } finally {
      floats.dispose();
    }
    equalize(graph, sizes, new Set(chosen.flatMap(({ inputs }) => inputs)));
    return graph.model();
  }

  async #quantized(proto: ModelProto, floats: Model): Promise<QuantizedModel> {
    const settings = this.#settings;
    const constant = constantsOf(floats);
    const excluded = this.#excluded(proto);
    const { steps, left } = stepsOf(new Editing(proto, constant), excluded);
    const heads = this.#heads(steps, excluded, constant);
    const kept = new Set([...excluded, ...heads]);
    const chosen = chosenOf(steps, kept);
    if (!steps.some(isWeighted))
      throw new ModelError(`${where}: the model has no convolution and no product with constant weights`);
    if (!chosen.some(isWeighted)) throw new RangeError(`${where}: exclude names every layer, must leave one`);
    const names = [...new Set(chosen.flatMap(({ inputs }) => inputs))];
    const ranges = await rangesOf(floats, this.#runs, names, settings);
    const alone = await this.#alone(new Editing(proto, constant), excluded, kept, ranges);
    const lossy = new Map(
      [...alone].flatMap(([key, noise]) => {
        const decibels = this.#own(noise);
        return decibels < settings.threshold ? [[key, decibels] as const] : [];
      }),
    );
    const lost = steps.filter((step) => lossy.has(keyOf(step))).map(({ name }) => name);
    const graph = new Editing(proto, constant);
    const final = chosenOf(stepsOf(graph, excluded).steps, new Set([...kept, ...lost]));
    const corrections = new Map(
      final.flatMap((step): [Step, Float64Array][] => {
        const noise = alone.get(keyOf(step));
        return noise === undefined || !settings.biasCorrection ? [] : [[step, noise.correction]];
      }),
    );
    writeIntegers(graph, final, this.#quantizers(graph, final, ranges), corrections, this.#greatest);
    let report: QuantizationReport | null = null;
    const { options } = this.#source.origin;
    const result = new QuantizedModel(inOrder(graph.model()), options, () => report as QuantizationReport);
    try {
      const whole = await this.#whole(floats, result, steps);
      const integers = new Set(final.map(keyOf));
      const layers = steps.filter(isWeighted).map((step): LayerQuantization => {
        const key = keyOf(step);
        const isInteger = integers.has(key);
        const lostAt = lossy.get(key);
        return {
          ...rowOf(step, constant, isInteger, settings.biasCorrection),
          reason: isInteger
            ? null
            : lostAt === undefined
              ? heads.has(step.name)
                ? 'what it gives is read as floats alone, and its weights are few'
                : 'excluded'
              : `it alone would have ${lostAt.toFixed(1)} dB, below the threshold of ${settings.threshold}`,
          signalToNoise: finite(lostAt ?? (isInteger ? this.#own(alone.get(key) as Noise) : null)),
          signalToNoiseInModel: finite(whole.layers.get(key)?.decibels ?? null),
        };
      });
      const others = left.map(
        ({ name, operator, reason }): LayerQuantization => ({
          ...{
            name,
            operator,
            reason,
            precision: 'float32',
            signalToNoise: null,
            signalToNoiseInModel: null,
          },
          ...{ bytesBefore: 0, bytesAfter: 0 },
        }),
      );
      report = new QuantizationReport({
        method: settings.method,
        bits: settings.bits,
        samples: this.#samples.length,
        layers: [...layers, ...others],
        outputs: [...whole.outputs].map(([name, noise]) => ({ name, signalToNoise: finite(noise.decibels) })),
        bytesBefore: constantBytes(this.#source.origin.proto.graph),
        bytesAfter: constantBytes(result.origin.proto.graph),
      });
      return result;
    } catch (error) {
      result.dispose();
      throw error;
    }
  }

  /** The names that stay in floats. @throws RangeError that offers the nearest names */
  #excluded(proto: ModelProto): Set<string> {
    const names = new Set([
      ...this.#source.nodes.map(({ name, outputs }) => name || (outputs[0] ?? '')),
      ...proto.graph.nodes.map(nameOf),
    ]);
    for (const name of this.#settings.exclude) {
      if (names.has(name)) continue;
      const near = nearest(name, [...names]).map((one) => `'${one}'`);
      throw wrongValue(where, 'exclude', name, `names of nodes: ${near.join(', ')} are the nearest names`);
    }
    return new Set(this.#settings.exclude);
  }

  /** Small layers whose results no step reads as integers, unless nothing else were left. */
  #heads(
    steps: readonly Step[],
    excluded: ReadonlySet<string>,
    constant: ReturnType<typeof constantsOf>,
  ): Set<string> {
    if (!this.#settings.keepHeads) return new Set();
    const chosen = chosenOf(steps, excluded);
    const layers = chosen.filter(isWeighted);
    const weightsOf = ({ nodes }: Step) => constant(nodes[0]?.inputs[1] ?? '')?.data.length ?? 0;
    const all = layers.reduce((sum, step) => sum + weightsOf(step), 0);
    const read = new Set(chosen.flatMap(({ inputs }) => inputs));
    const heads = layers.filter(
      (step) => !step.outputs.some((name) => read.has(name)) && HEAD * weightsOf(step) <= all,
    );
    return new Set(heads.length < layers.length ? heads.map(({ name }) => name) : []);
  }

  #quantizers(graph: Editing, chosen: readonly Step[], ranges: ReadonlyMap<string, Range>): Quantizers {
    const read = new Set(chosen.flatMap(({ inputs }) => inputs));
    const own = new Map([...ranges].filter(([name]) => read.has(name)));
    return new Quantizers(graph, sharedRanges(chosen, own));
  }

  /** Of the weights. */
  get #greatest(): number {
    return 2 ** (this.#settings.bits - 1) - 1;
  }

  /** A layer's ratio as it will be: its mean errors taken back where biases do that. */
  #own(noise: Noise): number {
    return this.#settings.biasCorrection ? noise.decibelsCorrected : noise.decibels;
  }

  /** Each layer's products on integers, of what floats give it, beside the floats: by the step's key. */
  async #alone(
    graph: Editing,
    apart: ReadonlySet<string>,
    excluded: ReadonlySet<string>,
    ranges: ReadonlyMap<string, Range>,
  ): Promise<Map<string, Noise>> {
    const chosen = chosenOf(stepsOf(graph, apart).steps, excluded);
    const quantizers = this.#quantizers(graph, chosen, ranges);
    const backs = new Map<string, string>();
    const nodes: NodeProto[] = [];
    const layers = chosen.filter(isWeighted).map((step) => {
      const [x = ''] = step.inputs;
      const back = backs.get(x) ?? quantizers.around(x, nodes);
      backs.set(x, back);
      const y = productOf(step);
      const integers = graph.unique(`${y}/alone`);
      const copies = copiesOf(step, back, integers, graph);
      const { scale: xScale } = quantizers.parameters(x);
      integerWeights(
        graph,
        { ...step, nodes: copies },
        { xScale, greatest: this.#greatest, correction: null },
      );
      nodes.push(...copies);
      this.#runs.alike(y, keyOf(step));
      this.#runs.alike(integers, y);
      return { key: keyOf(step), axis: axisOf(step), y, integers, noise: new Noise() };
    });
    graph.nodes.push(...nodes);
    const asked = layers.map(({ integers }) => integers);
    const model = made(graph.model(asked), this.#source.origin.options);
    const byName = new Map(layers.map((layer) => [layer.y, layer]));
    try {
      const lists = layers.map(({ y, integers }) => [y, integers]);
      await this.#runs.visit([model], lists, ([values], [y = '', integers = '']) => {
        const { noise, axis } = byName.get(y) as (typeof layers)[number];
        noise.add(values?.get(y) as Seen, values?.get(integers) as Seen, axis);
      });
    } finally {
      model.dispose();
    }
    return new Map(layers.map(({ key, noise }) => [key, noise]));
  }

  /** What the layers, and the model's outputs, give in both models. */
  async #whole(
    floats: Model,
    integers: Model,
    steps: readonly Step[],
  ): Promise<{ layers: Map<string, Noise>; outputs: Map<string, Noise> }> {
    const products = new Map(steps.filter(isWeighted).map((step) => [productOf(step), step]));
    const outputs = new Map(
      floats.outputs.filter(({ dtype }) => dtype === 'float32').map(({ name }) => [name, new Noise()]),
    );
    const layers = new Map([...products].map(([, step]) => [keyOf(step), new Noise()]));
    const lists = [...new Set([...products.keys(), ...outputs.keys()])].map((name) => [name]);
    await this.#runs.visit([floats, integers], lists, ([before, after], [name = '']) => {
      const [y, other] = [before?.get(name) as Seen, after?.get(name) as Seen];
      const step = products.get(name);
      if (step !== undefined) layers.get(keyOf(step))?.add(y, other, axisOf(step));
      outputs.get(name)?.add(y, other, -1);
    });
    return { layers, outputs };
  }
}

/** The largest magnitude of each channel, or what is there. */
function largest(data: ArrayLike<number>, shape: readonly number[], sizes: Float64Array): Float64Array {
  const channels = shape[1] as number;
  const inner = shape.slice(2).reduce((product, size) => product * size, 1);
  for (let from = 0; from < data.length; from += inner) {
    const c = (from / inner) % channels;
    let most = sizes[c] as number;
    for (let i = from; i < from + inner; i++) most = Math.max(most, Math.abs(data[i] as number));
    sizes[c] = most;
  }
  return sizes;
}

const isWeighted = ({ kind }: Step): boolean => kind === 'weighted';
/** What tells steps apart in all copies of a graph. */
const keyOf = ({ outputs }: Step): string => outputs[0] as string;
/** Where a layer's channels lie in what it gives. */
const axisOf = ({ nodes }: Step): number => (nodes[0]?.operator === 'Conv' ? 1 : -1);
const finite = (decibels: number | null): number | null =>
  decibels === null || !Number.isFinite(decibels) ? null : decibels;

/** The value of a layer's products with their bias, before a Relu. */
function productOf(step: Step): string {
  return (biasOf(step) ?? (step.nodes[0] as NodeProto)).outputs[0] as string;
}

/** A layer's product and bias once more, on another input. */
function copiesOf(step: Step, x: string, y: string, graph: Editing): NodeProto[] {
  const [node] = step.nodes as [NodeProto];
  const bias = biasOf(step);
  const copy = (one: NodeProto, from: string, to: string, output: string): NodeProto => ({
    ...one,
    name: output,
    inputs: one.inputs.map((name) => (name === from ? to : name)),
    outputs: [output],
  });
  const [given = ''] = step.inputs;
  if (bias === null) return [copy(node, given, x, y)];
  const product = graph.unique(`${y}/product`);
  return [copy(node, given, x, product), copy(bias, node.outputs[0] as string, product, y)];
}

/** A layer's name and bytes: weights and bias, with their scales where they are integers. */
function rowOf(
  { name, nodes }: Step,
  constant: ReturnType<typeof constantsOf>,
  isInteger: boolean,
  isCorrected: boolean,
): Pick<LayerQuantization, 'name' | 'operator' | 'precision' | 'bytesBefore' | 'bytesAfter'> {
  const [node] = nodes as [NodeProto];
  const weight = constant(node.inputs[1] ?? '');
  const bias = constant(node.inputs[2] ?? '')?.data.length ?? 0;
  const weights = weight?.data.length ?? 0;
  const channels = weight?.shape[channelAxis(node)] ?? 0;
  const bytesBefore = 4 * (weights + bias);
  // A float and a byte for each channel's scale and zero point, and a float for its bias' scale.
  const hasBias = bias > 0 || (isCorrected && node.operator !== 'MatMul');
  const bytesAfter = isInteger ? weights + 5 * channels + (hasBias ? 8 * channels : 0) : bytesBefore;
  const precision = isInteger ? 'int8' : 'float32';
  return { name, operator: node.operator, precision, bytesBefore, bytesAfter };
}
