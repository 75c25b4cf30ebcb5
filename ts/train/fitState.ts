/** Where a run of `fit` stands besides its parts: what its checkpoints hold under `fit` in their metadata, and what `resume` takes. */
import { integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Epoch, FitOptions } from './fitOptions.ts';
import { DataLoader } from './loader.ts';
import type { TrainStepState } from './trainStep.ts';

/** What an epoch that is not over has seen. */
export interface PartState {
  /** The sum of the losses, by samples. */
  readonly loss: number;
  readonly samples: number;
  readonly seconds: number;
  /** The rate of its last step; null before the first. */
  readonly lr: number | null;
}

export const NOTHING: PartState = { loss: 0, samples: 0, seconds: 0, lr: null };

/** Where a run stands. */
export interface RunState {
  /** The epoch of the last step. */
  readonly epoch: number;
  readonly steps: number;
  /** Of the epochs that are over. */
  readonly history: readonly Epoch[];
  readonly part: PartState;
}

/** Where a run begins. */
export interface Begin extends RunState {
  /** Gradients that wait for an update. */
  readonly pending: TrainStepState | null;
}

/** The metadata of a checkpoint of `fit`. */
export const metadataOf = ({ epoch, steps, history, part }: RunState) => ({
  epoch,
  steps,
  fit: { history, part },
});

const where = 'fit';

/** Of what loadCheckpoint gave. @throws TypeError, RangeError for what is no checkpoint of fit */
function stateOf(resume: NonNullable<FitOptions<never, never, never>['resume']>): RunState {
  const metadata = resume?.metadata as Partial<RunState & { fit: Partial<RunState> }> | undefined;
  const { history, part } = metadata?.fit ?? {};
  if (metadata === undefined || !Array.isArray(history) || typeof part?.samples !== 'number')
    throw wrongKind(where, 'resume', resume, 'what loadCheckpoint gave for a checkpoint of fit');
  const epoch = integer(where, 'resume.metadata.epoch', metadata.epoch, 0);
  const steps = integer(where, 'resume.metadata.steps', metadata.steps, 0);
  return { epoch, steps, history, part };
}

/** Where a run of these options begins: at the beginning, or where a loader or a checkpoint stood. @throws TypeError, RangeError */
export function beginOf<X extends Tensor<DType>, Y extends Tensor<DType>, Out>({
  data,
  resume,
}: FitOptions<X, Y, Out>): Begin {
  const loader = data instanceof DataLoader && data.resumed ? data : null;
  const stands = loader?.stateDict();
  if (resume === undefined) {
    const [epoch, steps] = [stands?.epoch ?? 0, stands ? stands.epoch * loader!.length + stands.batch : 0];
    return { epoch, steps, history: [], part: NOTHING, pending: null };
  }
  const state = stateOf(resume);
  const pending = resume.step ?? null;
  const next = state.history.length === 0 ? 0 : (state.history.at(-1) as Epoch).epoch + 1;
  if (!(data instanceof DataLoader)) return { ...state, epoch: next, part: NOTHING, pending };
  if (stands?.epoch !== next)
    throw new RangeError(
      `${where}: data stands in epoch ${data.epoch}${loader === null ? ', of which nothing was loaded' : ''}, must stand in epoch ${next} as resume: give it to loadCheckpoint as loader`,
    );
  return { ...state, epoch: next, pending };
}
