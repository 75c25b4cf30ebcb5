/** The calibration inputs, kept outside of the linear memory while a model is quantised, and runs of models on them. */
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import type { Model } from '../onnx/model.ts';
import { copied, type Numbers } from '../tensor/copied.ts';
import { Tensor } from '../tensor/tensor.ts';
import { bindFeeds, type Feed, type Feeds, type ModelPort } from '../transforms/feeds.ts';

const where = 'quantize';

/** One input for a model, or one for each of its inputs, by name. */
export type Sample = ReadonlyMap<string, Numbers>;

/** What is given as calibration: inputs one behind the other, a generator's as well. */
export type Calibration = Iterable<Feeds | Feed> | AsyncIterable<Feeds | Feed>;

/** @throws TypeError for what is no list of inputs */
export function requireCalibration(given: unknown): void {
  const { [Symbol.iterator]: each, [Symbol.asyncIterator]: eachAsync } = (given ?? {}) as Partial<
    Iterable<unknown> & AsyncIterable<unknown>
  >;
  const isOne = given instanceof Tensor || ArrayBuffer.isView(given) || typeof given === 'string';
  if (!isOne && (each !== undefined || eachAsync !== undefined)) return;
  throw wrongKind(where, 'calibration', given, 'a list or an iterable of inputs, each as model.run takes it');
}

/** A copy of what is given for a model's inputs. @throws TypeError, RangeError that name the input */
export function sampleOf(given: Feeds | Feed, index: number, ports: readonly ModelPort[]): Sample {
  const place = `${where}: calibration[${index}]`;
  const { tensors, made } = bindFeeds(place, given, ports, new Map());
  try {
    return new Map(
      tensors.map((one, i): [string, Numbers] => {
        const { name } = ports[i] as ModelPort;
        const values = one.toTypedArray();
        if (one.dtype === 'float32') requireFinite(place, name, values);
        return [name, { values, dtype: one.dtype, shape: [...one.shape] }];
      }),
    );
  } finally {
    for (const one of made) one.dispose();
  }
}

function requireFinite(place: string, name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new RangeError(`${place}: input '${name}' holds ${values[i]} at ${i}, must hold finite numbers`);
}

/** A value of a run: its elements are there while it is looked at. */
export interface Seen {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Values together are at most so many bytes, unless those that must be seen together are more. */
const MOST_BYTES = 64 << 20;
/** Where nothing is known of their sizes, so many lists of values are asked for in one run. */
const FIRST = 16;

/** What is told of how far it is, and may end it. */
export interface Watch {
  /** A share of the run of one sample is done; other tasks may run, or the signal ends it. */
  advance(share: number): Promise<void>;
}

/** What a model's values are on a sample, by name. */
export type Values = ReadonlyMap<string, Seen>;

/** Runs models on samples. */
export class Runs {
  readonly #samples: readonly Sample[];
  readonly #watch: Watch;
  /** Bytes of the values that are known by now. */
  readonly #bytes = new Map<string, number>();

  constructor(samples: readonly Sample[], watch: Watch) {
    this.#samples = samples;
    this.#watch = watch;
  }

  /** A value is of the size of another. */
  alike(name: string, other: string): void {
    const bytes = this.#bytes.get(other);
    if (bytes !== undefined && !this.#bytes.has(name)) this.#bytes.set(name, bytes);
  }

  /**
   * Runs the models on each sample, and shows the values of these names, of each model: each list's together, as many lists in one
   * run as memory is kept for. The elements are gone afterwards.
   */
  async visit(
    models: readonly Model[],
    lists: readonly (readonly string[])[],
    use: (values: readonly Values[], list: readonly string[], sample: number) => void,
  ): Promise<void> {
    const known = lists.every((list) => list.every((name) => this.#bytes.has(name)));
    if (!known) {
      const chunks = chunksOf(lists, () => MOST_BYTES / FIRST);
      for (const chunk of chunks) {
        this.#run(models, chunk, 0, use);
        await this.#watch.advance(1 / chunks.length);
      }
    }
    const bytesOf = (list: readonly string[]) =>
      models.length * list.reduce((sum, name) => sum + (this.#bytes.get(name) ?? 0), 0);
    const chunks = chunksOf(lists, bytesOf);
    for (const chunk of chunks)
      for (let index = known ? 0 : 1; index < this.#samples.length; index++) {
        this.#run(models, chunk, index, use);
        await this.#watch.advance(1 / chunks.length);
      }
  }

  #run(
    models: readonly Model[],
    chunk: readonly (readonly string[])[],
    index: number,
    use: (values: readonly Values[], list: readonly string[], sample: number) => void,
  ): void {
    scope(() => {
      const sample = [...(this.#samples[index] as Sample)];
      const feeds: Feeds = Object.fromEntries(sample.map(([name, one]) => [name, copied(where, one)]));
      const outputs = [...new Set(chunk.flat())];
      const values = models.map((model) => new Map(Object.entries(model.run(feeds, { outputs }))));
      for (const one of values) for (const [name, { size }] of one) this.#bytes.set(name, 4 * size);
      for (const list of chunk) use(values, list, index);
    });
  }
}

function chunksOf(
  lists: readonly (readonly string[])[],
  bytesOf: (list: readonly string[]) => number,
): (readonly string[])[][] {
  const chunks: (readonly string[])[][] = [];
  let rest = 0;
  for (const list of lists) {
    const bytes = bytesOf(list);
    const last = chunks.at(-1);
    if (last === undefined || bytes > rest) {
      chunks.push([list]);
      rest = MOST_BYTES - bytes;
    } else {
      last.push(list);
      rest -= bytes;
    }
  }
  return chunks;
}
