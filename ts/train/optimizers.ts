/** The optimisers: PyTorch's, by their arithmetic in float32. Each says what the numbers of a step are. */
import { UPDATE } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Optimizer, type Update } from './optimizer.ts';
import type { ParamGroup } from './options.ts';

/** Parameters, and what their options are where they differ from those of the optimiser. */
export type GroupOf<Options> = {
  /** The tensors, in order. */
  readonly params: readonly Tensor[];
} & Partial<Options>;

/** Tensors, or groups of them with options of their own. */
export type Params<Options> = readonly Tensor[] | readonly GroupOf<Options>[];

/** The options of `SGD`. */
export interface SGDOptions {
  /** The learning rate. */
  lr: number;
  /** The share of the last step in the next. Default 0. */
  momentum?: number | undefined;
  /** The share of the gradient that momentum leaves out. Default 0. */
  dampening?: number | undefined;
  /** The share of the parameter that is added to its gradient. Default 0. */
  weightDecay?: number | undefined;
  /** Nesterov's momentum. Default false. */
  nesterov?: boolean | undefined;
}

/** A group of `SGD`. */
export interface SGDGroup extends ParamGroup {
  /** The share of the last step in the next. */
  momentum: number;
  /** The share of the gradient that momentum leaves out. */
  dampening: number;
  /** Nesterov's momentum. */
  nesterov: boolean;
}

/**
 * Stochastic gradient descent: p = p - lr d, where d is the gradient, or with momentum m = momentum m + (1 - dampening) d, or with
 * Nesterov's (Sutskever et al., 2013) d + momentum m. As PyTorch's, whose first m is d.
 * @throws TypeError, RangeError for parameters that are no float32 tensors, or are there twice, and options that cannot be
 * @example
 * ```ts
 * const optimizer = new SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
 * const { grads } = valueAndGrad(() => mean(net.forward(x)), net.parameters());
 * optimizer.step(grads);
 * ```
 */
export class SGD extends Optimizer<SGDGroup> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SGD';

  /** For these tensors, or groups of them. */
  constructor(params: Params<SGDOptions>, options?: Partial<SGDOptions>) {
    super(params, options, {
      lr: undefined,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
    });
  }

  /** @internal */
  protected override updateOf(
    { lr, momentum, dampening, weightDecay, nesterov }: SGDGroup,
    _: number,
    isUsed: (array: string) => boolean,
  ): Update {
    const [keep, take] = isUsed('momentumBuffer') ? [momentum, 1 - dampening] : [0, 1];
    return {
      rule: nesterov ? UPDATE.nesterov : UPDATE.sgd,
      arrays: [momentum === 0 ? null : 'momentumBuffer', null, null],
      rates: [-lr, weightDecay, keep, take, momentum],
    };
  }
}

/** The options of `Adam` and `AdamW`. */
export interface AdamOptions {
  /** The learning rate. Default 1e-3. */
  lr?: number | undefined;
  /** The shares of what was in the means of gradients and of their squares. Default [0.9, 0.999]. */
  betas?: readonly [number, number] | undefined;
  /** Added to the root of the mean of squares. Default 1e-8. */
  eps?: number | undefined;
  /** The share of the parameter that is added to its gradient, default 0; of AdamW see there. */
  weightDecay?: number | undefined;
  /** Divides by the root of the largest mean of squares so far. Default false. */
  amsgrad?: boolean | undefined;
}

/** A group of `Adam` or `AdamW`. */
export interface AdamGroup extends ParamGroup {
  /** The shares of what was in the means of gradients and of their squares. */
  betas: readonly [number, number];
  /** Added to the root of the mean of squares. */
  eps: number;
  /** Divides by the root of the largest mean of squares so far. */
  amsgrad: boolean;
}

const ADAM = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false };

/** The rates of a step of Adam; `decay` is what its rule makes of the weight decay. */
function adamStep(rule: number, { lr, betas, eps, amsgrad }: AdamGroup, step: number, decay: number): Update {
  const [first, second] = betas;
  const root = Math.sqrt(1 - second ** step);
  return {
    rule,
    arrays: ['expAvg', 'expAvgSq', amsgrad ? 'maxExpAvgSq' : null],
    rates: [-lr / (1 - first ** step), decay, first, 1 - first, second, 1 - second, root, eps],
  };
}

/**
 * Adam (Kingma and Ba, 2015): p = p - lr m / (sqrt(v) + eps), for running means m of the gradients and v of their squares, both
 * corrected for having begun at 0; `amsgrad` (Reddi et al., 2018) takes the largest v so far. As PyTorch's.
 * @throws TypeError, RangeError for parameters that are no float32 tensors, or are there twice, and options that cannot be
 * @example
 * ```ts
 * const optimizer = new Adam(net.parameters(), { lr: 1e-3 });
 * ```
 */
export class Adam extends Optimizer<AdamGroup> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Adam';

  /** For these tensors, or groups of them. */
  constructor(params: Params<AdamOptions>, options?: AdamOptions) {
    super(params, options, ADAM);
  }

  /** @internal */
  protected override updateOf(group: AdamGroup, step: number): Update {
    return adamStep(UPDATE.adam, group, step, group.weightDecay);
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019): p = p - lr weightDecay p, then Adam's step. Its `weightDecay`
 * is 0.01 unless told. As PyTorch's.
 * @throws TypeError, RangeError for parameters that are no float32 tensors, or are there twice, and options that cannot be
 * @example
 * ```ts
 * const optimizer = new AdamW([
 *   { params: [weight], weightDecay: 0.05 },
 *   { params: [bias], weightDecay: 0 },
 * ], { lr: 3e-4 });
 * ```
 */
export class AdamW extends Optimizer<AdamGroup> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AdamW';

  /** For these tensors, or groups of them. */
  constructor(params: Params<AdamOptions>, options?: AdamOptions) {
    super(params, options, { ...ADAM, weightDecay: 0.01 });
  }

  /** @internal */
  protected override updateOf(group: AdamGroup, step: number): Update {
    return adamStep(UPDATE.adamW, group, step, 1 - group.lr * group.weightDecay);
  }
}

/** The options of `RMSprop`. */
export interface RMSpropOptions {
  /** The learning rate. Default 0.01. */
  lr?: number | undefined;
  /** The share of what was in the mean of squares. Default 0.99. */
  alpha?: number | undefined;
  /** Added to the root of the mean of squares. Default 1e-8. */
  eps?: number | undefined;
  /** The share of the parameter that is added to its gradient. Default 0. */
  weightDecay?: number | undefined;
  /** The share of the last step in the next. Default 0. */
  momentum?: number | undefined;
  /** Divides by an estimate of the gradient's deviation instead. Default false. */
  centered?: boolean | undefined;
}

/** A group of `RMSprop`. */
export interface RMSpropGroup extends ParamGroup {
  /** The share of what was in the mean of squares. */
  alpha: number;
  /** Added to the root of the mean of squares. */
  eps: number;
  /** The share of the last step in the next. */
  momentum: number;
  /** Divides by an estimate of the gradient's deviation instead. */
  centered: boolean;
}

/**
 * RMSprop (Hinton, 2012): p = p - lr d / (sqrt(v) + eps) for a running mean v of squared gradients, less the squared running
 * mean of the gradients when `centered` (Graves, 2013). As PyTorch's.
 * @throws TypeError, RangeError for parameters that are no float32 tensors, or are there twice, and options that cannot be
 * @example
 * ```ts
 * const optimizer = new RMSprop(net.parameters(), { lr: 1e-2, centered: true });
 * ```
 */
export class RMSprop extends Optimizer<RMSpropGroup> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'RMSprop';

  /** For these tensors, or groups of them. */
  constructor(params: Params<RMSpropOptions>, options?: RMSpropOptions) {
    super(params, options, {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
    });
  }

  /** @internal */
  protected override updateOf({ lr, alpha, eps, weightDecay, momentum, centered }: RMSpropGroup): Update {
    return {
      rule: UPDATE.rmsProp,
      arrays: ['squareAvg', centered ? 'gradAvg' : null, momentum > 0 ? 'momentumBuffer' : null],
      rates: [-lr, weightDecay, alpha, 1 - alpha, eps, momentum],
    };
  }
}
