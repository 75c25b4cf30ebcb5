/**
 * DataLoader: a dataset in batches, again and again, in an order that follows from a seed and the epoch's number; so a loader
 * that is given another's state goes on where that one stood.
 */
import { checkOptions, integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import { adopt, collecting, scope } from '../engine/memory.ts';
import { flag } from '../ops/options.ts';
import { uniform } from '../ops/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { asBatch, collate } from './collate.ts';
import { type BatchOf, type Dataset, type SampleValue, TensorDataset } from './dataset.ts';

const where = 'DataLoader';

/** The options of a DataLoader. */
export interface DataLoaderOptions<
  Given extends readonly Tensor<DType>[] = readonly Tensor<DType>[],
  Batch extends readonly Tensor<DType>[] = readonly Tensor<DType>[],
> {
  /** How many samples a batch has; the last of an epoch has the rest. Default 1. */
  batchSize?: number | undefined;
  /** Each epoch has another order. Default false: the dataset's own. */
  shuffle?: boolean | undefined;
  /** Leaves out an epoch's last batch where it would be smaller. Default false. */
  dropLast?: boolean | undefined;
  /** The orders follow from it. Default: drawn, at the first epoch, from the generator that manualSeed seeds. */
  seed?: number | undefined;
  /**
   * Changes each batch: called with its tensors, gives an array of them, the same or new ones. What it makes besides is
   * disposed of, and so is what it was given and does not give back.
   */
  transform?: ((...batch: Given) => Batch) | undefined;
}

/** Where a loader stands, as JSON: what `stateDict` gives. */
export interface DataLoaderState {
  /** The samples of the dataset. */
  readonly samples: number;
  /** How many samples a batch has. */
  readonly batchSize: number;
  /** The seed of the orders; null where none has been drawn. */
  readonly seed: number | null;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The batches of it that have been given. */
  readonly batch: number;
}

function disposeAll(tensors: readonly Tensor<DType>[]): void {
  for (const one of tensors) one.dispose();
}

function isSame(a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): boolean {
  return a !== undefined && a.length === b?.length && Array.from(a).every((value, i) => value === b[i]);
}

/** One pass over the dataset. */
interface Pass {
  readonly epoch: number;
  readonly order: ArrayLike<number> | null;
  readonly samples: number;
  /** The first batch, and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

/**
 * A dataset in batches of tensors. It can be iterated again and again, each time for one epoch: with `for ... of`, or with
 * `for await ... of` where the dataset gives Promises; then the next batch is on its way while one is worked on. Batches are
 * the caller's to dispose of (`fit` does).
 * @example
 * ```ts
 * const dataset = tensorDataset(rand([100, 1, 28, 28]), zeros([100], { dtype: 'int32' }));
 * const loader = new DataLoader(dataset, { batchSize: 32, shuffle: true, seed: 1 });
 * for (const [images, classes] of loader) {
 *   images.shape; // [32, 1, 28, 28], at last [4, 1, 28, 28]
 *   images.dispose();
 *   classes.dispose();
 * }
 * ```
 */
export class DataLoader<
  const Sample extends readonly [SampleValue, ...SampleValue[]],
  Batch extends readonly Tensor<DType>[] = BatchOf<Sample>,
> {
  readonly #dataset: Dataset<Sample>;
  readonly #batchSize: number;
  readonly #shuffle: boolean;
  readonly #dropLast: boolean;
  readonly #transform: ((...batch: never) => unknown) | undefined;
  #seed: number | null;
  #epoch = 0;
  /** Batches of the epoch that have been given. */
  #given = 0;
  /** Whether the epoch goes on at the next iteration, which otherwise begins another. */
  #resumed = false;
  /** Whether the transform left the second value of the first batch as it was; null before it. */
  #keepsLabels: boolean | null;

  /**
   * A loader of `dataset`, which reads nothing of it yet.
   * @param dataset `{ length, get(index) }`, or what `tensorDataset` gives
   * @throws RangeError for an empty dataset and options out of range; TypeError for wrong kinds
   */
  constructor(dataset: Dataset<Sample>, options: DataLoaderOptions<BatchOf<Sample>, Batch> = {}) {
    checkOptions(where, options, ['batchSize', 'shuffle', 'dropLast', 'seed', 'transform']);
    if (typeof (dataset as Partial<Dataset> | null | undefined)?.get !== 'function') {
      const hint = (dataset as unknown) instanceof Tensor ? ': write tensorDataset(x, y)' : '';
      throw wrongKind(where, 'dataset', dataset, `an object with length and get(index)${hint}`);
    }
    const { batchSize = 1, shuffle = false, dropLast = false, seed = null, transform } = options;
    if (integer(where, 'dataset.length', dataset.length, 0) === 0) {
      throw new RangeError(`${where}: dataset is empty, must have samples`);
    }
    if (transform !== undefined && typeof transform !== 'function') {
      throw wrongKind(where, 'transform', transform, 'a function');
    }
    this.#dataset = dataset;
    this.#batchSize = integer(where, 'batchSize', batchSize, 1);
    this.#shuffle = flag(where, 'shuffle', shuffle) === 1;
    this.#dropLast = flag(where, 'dropLast', dropLast) === 1;
    this.#seed = seed === null ? null : integer(where, 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
    this.#transform = transform as ((...batch: never) => unknown) | undefined;
    this.#keepsLabels = transform === undefined ? true : null;
  }

  /** How many batches an epoch has. */
  get length(): number {
    const batches = this.#dataset.length / this.#batchSize;
    return this.#dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The epoch that is being given, from 0; between two, the next. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The dataset's tensors, where it is of tensors. @internal */
  get tensors(): readonly Tensor<DType>[] {
    const dataset = this.#dataset as unknown;
    return dataset instanceof TensorDataset ? dataset.tensors : [];
  }

  /** Whether the second value of a batch is the dataset's, as far as a batch has shown it. @internal */
  get keepsLabels(): boolean {
    return this.#keepsLabels === true;
  }

  /** Whether a loaded state waits for the next iteration, which goes on from it. @internal */
  get resumed(): boolean {
    return this.#resumed;
  }

  /**
   * The batches of one epoch.
   * @throws TypeError where the dataset gives Promises; what its `get` throws
   */
  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    const pass = this.#begin();
    for (let batch = pass.from; batch < pass.to; batch++) {
      const found = this.#load(pass, batch);
      if (found instanceof Promise) {
        found.then(disposeAll, () => {});
        throw new TypeError(`${where}: dataset gives Promises, so iterate with 'for await'`);
      }
      this.#mark(pass, batch + 1);
      yield this.#finish(found);
    }
    this.#end(pass);
  }

  /**
   * The batches of one epoch; of a dataset that gives Promises, one batch ahead.
   * @throws what the dataset's `get` throws
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const pass = this.#begin();
    let ahead: Promise<Tensor<DType>[]> | null = null;
    try {
      for (let batch = pass.from; batch < pass.to; batch++) {
        const found: Tensor<DType>[] | Promise<Tensor<DType>[]> = ahead ?? this.#load(pass, batch);
        ahead = null;
        const tensors = await found;
        if (found instanceof Promise && batch + 1 < pass.to) ahead = this.#ahead(pass, batch + 1);
        this.#mark(pass, batch + 1);
        yield this.#finish(tensors);
      }
      this.#end(pass);
    } finally {
      ahead?.then(disposeAll, () => {});
    }
  }

  /** Where the loader stands: which epoch, and how many of its batches have been given. */
  stateDict(): DataLoaderState {
    return {
      samples: this.#dataset.length,
      batchSize: this.#batchSize,
      seed: this.#seed,
      epoch: this.#epoch,
      batch: this.#given,
    };
  }

  /**
   * Goes on where another loader of the same dataset stood: the next iteration gives the rest of its epoch.
   * @throws RangeError for the state of a loader with other samples or batches; TypeError for what is no state
   */
  loadStateDict(state: DataLoaderState): void {
    const name = 'loadStateDict';
    if (typeof state !== 'object' || state === null) {
      throw wrongKind(name, 'state', state, "an object that a loader's stateDict gave");
    }
    const [samples, batchSize] = [this.#dataset.length, this.#batchSize];
    if (state.samples !== samples || state.batchSize !== batchSize) {
      throw new RangeError(
        `${name}: state is of ${state.samples} samples in batches of ${state.batchSize}, must be of ${samples} in batches of ${batchSize}`,
      );
    }
    const epoch = integer(name, 'state.epoch', state.epoch, 0);
    const given = integer(name, 'state.batch', state.batch, 0, this.length);
    const { seed } = state;
    this.#seed = seed === null ? null : integer(name, 'state.seed', seed, 0, Number.MAX_SAFE_INTEGER);
    [this.#epoch, this.#given, this.#resumed] = [epoch, given, true];
  }

  #begin(): Pass {
    if (!this.#resumed && this.#given > 0) this.#epoch += 1;
    if (!this.#resumed) this.#given = 0;
    this.#resumed = false;
    const samples = this.#dataset.length;
    const order = this.#shuffle ? this.#order(samples) : null;
    return { epoch: this.#epoch, order, samples, from: this.#given, to: this.length };
  }

  /** Counts a batch as given; of two passes at a time the later one counts. */
  #mark({ epoch }: Pass, given: number): void {
    if (this.#epoch === epoch) this.#given = given;
  }

  #end({ epoch }: Pass): void {
    if (this.#epoch === epoch) [this.#epoch, this.#given] = [epoch + 1, 0];
  }

  /** The order of the epoch (Fisher and Yates): the seed's numbers of a stream of its own. */
  #order(samples: number): Int32Array {
    this.#seed ??= scope(() => {
      const [high, low] = uniform(where, [2], 0, 1).data as unknown as [number, number];
      return high * 2 ** 48 + low * 2 ** 24; // 24 bits each
    });
    const seed = this.#seed;
    return scope(() => {
      const numbers = uniform(where, [2 * samples], 0, 1, seed, -this.#epoch).data;
      const order = Int32Array.from({ length: samples }, (_, i) => i);
      for (let i = samples - 1; i > 0; i--) {
        const share = (numbers[2 * i] as number) + (numbers[2 * i + 1] as number) / 2 ** 24;
        const j = Math.floor(share * (i + 1));
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
      return order;
    });
  }

  /** The samples of a batch, by their numbers in the dataset. */
  #indices({ order, samples }: Pass, batch: number): number[] {
    const from = batch * this.#batchSize;
    const count = Math.min(this.#batchSize, samples - from);
    return Array.from({ length: count }, (_, i) => (order === null ? from + i : (order[from + i] as number)));
  }

  /** A batch as it is before the transform, or a Promise of it. */
  #load(pass: Pass, batch: number): Tensor<DType>[] | Promise<Tensor<DType>[]> {
    const indices = this.#indices(pass, batch);
    const dataset = this.#dataset as unknown;
    if (dataset instanceof TensorDataset) return scope(() => dataset.rows(indices));
    const { result, made } = collecting(() => indices.map((index) => this.#dataset.get(index)));
    if (result.some((sample) => typeof (sample as { then?: unknown } | null)?.then === 'function')) {
      for (const one of made) adopt(one); // by code that goes on behind an await
      return Promise.all(result).then((samples) => scope(() => collate(samples, indices)));
    }
    try {
      return scope(() => collate(result, indices));
    } finally {
      for (const one of made) one.dispose();
    }
  }

  /** A batch that nobody awaits yet, and nobody may ever await: what fails waits with it. */
  #ahead(pass: Pass, batch: number): Promise<Tensor<DType>[]> {
    const loading = new Promise<Tensor<DType>[]>((resolve) => resolve(this.#load(pass, batch)));
    loading.catch(() => {});
    return loading;
  }

  #finish(tensors: readonly Tensor<DType>[]): Batch {
    const transform = this.#transform;
    if (transform === undefined) return tensors as unknown as Batch;
    let kept: readonly Tensor<DType>[] = [];
    const labels = this.#keepsLabels === null ? tensors[1]?.data.slice() : undefined;
    try {
      kept = scope(() => asBatch(transform(...(tensors as never))));
      this.#keepsLabels ??= isSame(labels, kept[1]?.data);
      return kept as unknown as Batch;
    } finally {
      for (const one of tensors) if (!kept.includes(one)) one.dispose();
    }
  }
}
