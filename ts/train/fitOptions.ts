/** What `fit` is told and what it gives, and the check of it. */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { Module } from '../layers/module.ts';
import { flag } from '../ops/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Batches, requireBatches } from './batches.ts';
import type { LoadedCheckpoint } from './checkpoint.ts';
import { requireLimit } from './clip.ts';
import { Optimizer } from './optimizer.ts';
import { Scheduler } from './scheduler.ts';

/** Figures over the validation set: the loss and every metric, by name. */
export interface Figures {
  /** The mean of the losses, by samples. */
  readonly loss: number;
  /** The mean of a metric, by samples. */
  readonly [metric: string]: number;
}

/** An epoch of the history that `fit` gives. */
export interface Epoch {
  /** Its number, from 0. */
  readonly epoch: number;
  /** The mean of the losses of its batches, by samples, each before its step. */
  readonly loss: number;
  /** How long it took, with validation. */
  readonly seconds: number;
  /** The first group's learning rate in its last step. */
  readonly lr: number;
  /** The validation's figures; only where there is validation. */
  readonly validation?: Figures;
}

/** What `onStep` is told. */
export interface StepInfo {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The step, from 0, counted through all epochs. */
  readonly step: number;
  /** The loss before the step. */
  readonly loss: number;
  /** The first group's learning rate in this step. */
  readonly lr: number;
}

/** What an AbortSignal is, as far as it is looked at. */
export interface Abortable {
  /** Whether the run is to end. */
  readonly aborted: boolean;
}

/** The option `earlyStop` of `fit`. */
export interface EarlyStopOptions {
  /** Epochs without anything better that are borne; the next one ends the run. Default 0. */
  patience?: number | undefined;
  /** 'loss' or a metric's name, of the validation; without validation the loss of training. Default 'loss'. */
  metric?: string | undefined;
  /** Whether it is better when it is smaller or greater. Default 'min' for the loss, 'max' for a metric. */
  mode?: 'min' | 'max' | undefined;
  /** By how much better counts. Default 0. */
  minDelta?: number | undefined;
}

/** What `save` of the option `checkpoint` is told besides the bytes. */
export interface CheckpointInfo {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** Steps made, through all epochs. */
  readonly steps: number;
  /** Whether it is kept as the best so far, rather than by the count of steps. */
  readonly isBest: boolean;
}

/** The option `checkpoint` of `fit`. */
export interface CheckpointOptions {
  /**
   * Called with a checkpoint as `saveCheckpoint` makes it: of the net, the optimiser, the schedule, and the data where that is a
   * DataLoader; its metadata are epoch, steps, and what `resume` needs. A Promise is awaited.
   */
  save: (bytes: Uint8Array, info: CheckpointInfo) => unknown;
  /** After so many steps, again and again. Default: never. */
  every?: number | undefined;
  /** After each epoch that is the best so far, by 'loss' or a metric's name, as `earlyStop.metric`. Default: never. */
  best?: string | undefined;
  /** Where the signal ended the run. Default false. */
  onAbort?: boolean | undefined;
}

/** The options of `fit`. */
export interface FitOptions<X, Y, Out> {
  /**
   * The batches `[x, y]` to learn from: a DataLoader, an iterable that can be iterated again, or a function that gives one for each
   * epoch. `fit` disposes of the batches, but for those in an array that is given as it is: these are the caller's, and used in
   * every epoch.
   */
  data: Batches<X, Y> | ((epoch: number) => Batches<X, Y>);
  /** The loss of a batch: one float32 of the net's output and y, such as crossEntropy. */
  loss: (output: Out, y: Y) => Tensor;
  /** Updates the parameters that it has been given; others stay as they are. */
  optimizer: Optimizer;
  /** How many epochs there are in all: a loader whose state was loaded goes on in the epoch where it stood. */
  epochs: number;
  /** Makes a step after each batch or epoch, as its `interval` says. */
  schedule?: Scheduler | undefined;
  /** The batches `[x, y]` that are looked at after each epoch, in eval mode; as `data`. */
  validation?: Batches<X, Y> | ((epoch: number) => Batches<X, Y>) | undefined;
  /** Numbers of the net's output and y, such as accuracy, by name: averaged over the validation set, by samples. */
  metrics?: Readonly<Record<string, (output: Out, y: Y) => number>> | undefined;
  /** The norm of all gradients together is made at most this, as by `clipGradNorm`. */
  clipNorm?: number | undefined;
  /** Parameters are updated after so many batches, by the mean of their gradients. Default 1. */
  accumulate?: number | undefined;
  /** Ends the run when nothing has become better for a while. */
  earlyStop?: EarlyStopOptions | undefined;
  /** Saves checkpoints, from which `loadCheckpoint` lets a run go on. */
  checkpoint?: CheckpointOptions | undefined;
  /**
   * Goes on where `checkpoint` saved: what `loadCheckpoint` gave. The history then has the rows from
   * before, and early stop and the best epoch go by them. A DataLoader must have been loaded as well, and goes on in the midst of
   * its epoch; other data begin the epoch anew.
   */
  resume?: LoadedCheckpoint | undefined;
  /** A loss that is no finite number: 'throw' ends the run, 'skip' leaves the batch out. Default 'throw'. */
  onNonFinite?: 'throw' | 'skip' | undefined;
  /** Called after each step. A Promise is awaited. */
  onStep?: ((info: StepInfo) => unknown) | undefined;
  /** Called after each epoch with its row of the history. A Promise is awaited. */
  onEpoch?: ((info: Epoch) => unknown) | undefined;
  /**
   * Called before the first step, once with each sentence about what is suspicious in `data` and `validation`: samples that are in both, a
   * class that nothing or nearly everything is of, labels that the loss is not made for. Looked at are a DataLoader over `tensorDataset`,
   * and batches in an array; labels only where `transform` leaves them as they are. What it throws ends the run. Default:
   * `console.warn`, unless `progress` is false.
   */
  onWarning?: ((sentence: string) => void) | undefined;
  /** An AbortSignal: the run ends after the step that is being made, and gives the history so far. */
  signal?: Abortable | undefined;
  /**
   * true shows a bar on a terminal, in files and pipes a line an epoch (both on standard error); false prints nothing at all. Default:
   * what `onWarning` is about, and nothing else.
   */
  progress?: boolean | undefined;
}

const where = 'fit';
const NAMES = [
  ...['data', 'loss', 'optimizer', 'epochs', 'schedule', 'validation', 'metrics', 'clipNorm', 'accumulate'],
  ...[
    'earlyStop',
    'checkpoint',
    'resume',
    'onNonFinite',
    'onStep',
    'onEpoch',
    'onWarning',
    'signal',
    'progress',
  ],
];

/** @throws TypeError, RangeError for wrong options */
export function check<X, Y, Out>(net: Module<[X], Out>, options: FitOptions<X, Y, Out>): void {
  if (!((net as unknown) instanceof Module)) throw wrongKind(where, 'net', net, 'a Module');
  if (options === undefined) throw wrongKind(where, 'options', options, 'an object');
  checkOptions(where, options, NAMES);
  const { data, validation, loss, optimizer, schedule, signal, onNonFinite = 'throw' } = options;
  requireBatches(where, 'data', data);
  if (validation !== undefined) requireBatches(where, 'validation', validation);
  if (!(optimizer instanceof Optimizer)) {
    throw wrongKind(where, 'optimizer', optimizer, 'an optimizer such as new SGD(params, { lr: 0.1 })');
  }
  if (schedule !== undefined && !(schedule instanceof Scheduler)) {
    throw wrongKind(
      where,
      'schedule',
      schedule,
      'a scheduler such as new StepLR(optimizer, { stepSize: 1 })',
    );
  }
  if (schedule !== undefined && schedule.optimizer !== optimizer) {
    throw new RangeError(`${where}: schedule is of another optimizer, must be of the same`);
  }
  integer(where, 'epochs', options.epochs, 0);
  if (options.clipNorm !== undefined) requireLimit(where, 'clipNorm', options.clipNorm);
  integer(where, 'accumulate', options.accumulate ?? 1, 1);
  oneOf(where, 'onNonFinite', onNonFinite, ['throw', 'skip']);
  flag(where, 'progress', options.progress ?? false);
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw wrongKind(where, 'signal', signal, 'an AbortSignal');
  }
  const figures = ['loss', ...(validation === undefined ? [] : Object.keys(options.metrics ?? {}))];
  const { earlyStop, checkpoint } = options;
  for (const [name, one] of [
    ['earlyStop.metric', earlyStop?.metric],
    ['checkpoint.best', checkpoint?.best],
  ] as const) {
    if (typeof one !== 'string' || figures.includes(one)) continue;
    throw new RangeError(
      `${where}: ${name} is '${one}', must be ${figures.map((figure) => `'${figure}'`).join(' or ')}`,
    );
  }
  const { onStep, onEpoch, onWarning } = options;
  const functions = { loss, onStep, onEpoch, onWarning, ...options.metrics };
  for (const [name, value] of Object.entries(functions)) {
    const isLeftOut = value === undefined && name.startsWith('on');
    if (!isLeftOut && typeof value !== 'function') throw wrongKind(where, name, value, 'a function');
  }
}
