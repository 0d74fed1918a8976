import {
  describeValue,
  HarmonicError,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { getLearningRate, setLearningRate } from './learning-rate';
import { requireOptimizer } from './require-optimizer';

/** Changes an optimizer's learning rate from epoch to epoch. */
export interface LearningRateSchedule {
  /** Takes the epoch's training loss into account; call it once at the end of each epoch. */
  step(metric: number): void;
  /** Everything it remembers, plain JSON. */
  getState(): object;
  /** Continues from what {@link getState} gave. */
  setState(state: object): void;
  /** Its kind: a state is restored only in a schedule of the kind that it was saved from. Default: none is known. */
  getClassName?(): string;
  /** The settings that make such a schedule again, plain JSON. */
  getConfig?(): object;
  /** The optimizer whose rate it changes. Default: it does not tell. */
  readonly optimizer?: Optimizer;
}

/** Settings of {@link ReduceLROnPlateau}; names and defaults are PyTorch's. */
export interface ReduceLROnPlateauOptions {
  /** Whether a lower (`min`, default) or a higher metric is better. */
  mode?: 'min' | 'max';
  /** What the learning rate is multiplied by, in [0, 1). Default 0.1. */
  factor?: number;
  /** How many bad epochs in a row are tolerated: the next one reduces. Default 10. */
  patience?: number;
  /** By how much a metric must beat the best one to count. Default 1e-4. */
  threshold?: number;
  /**
   * Whether the threshold is relative to the best metric (`rel`, default) or absolute (`abs`). A relative one is for
   * positive metrics: of negative ones a slightly worse one would count as better, in PyTorch too.
   */
  thresholdMode?: 'rel' | 'abs';
  /** How many epochs after a reduction are not counted as bad. Default 0. */
  cooldown?: number;
  /** The lowest learning rate. Default 0. */
  minLearningRate?: number;
  /** A reduction by no more than this is not made. Default 1e-8. */
  epsilon?: number;
}

interface PlateauState {
  best: number;
  badEpochs: number;
  cooldownLeft: number;
}

/**
 * Multiplies the learning rate by `factor` when the metric has not improved for more than `patience` epochs, with
 * the semantics of PyTorch's `ReduceLROnPlateau`. A NaN metric counts as a bad epoch. With the default relative threshold
 * the metric must be positive, as a cross-entropy is; for one that may be negative choose `thresholdMode: 'abs'`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds, or no optimizer; `UNSUPPORTED` for an optimizer
 *   whose learning rate cannot be read.
 * @example
 * ```ts
 * const schedule = new ReduceLROnPlateau(optimizer, { patience: 2 });
 * for (const trainingLoss of [2, 1, 1, 1, 1]) schedule.step(trainingLoss);
 * optimizer.learningRate; // => 0.0001
 * ```
 */
export class ReduceLROnPlateau implements LearningRateSchedule {
  /** The optimizer whose rate it changes. */
  readonly optimizer: Optimizer;
  readonly #options: Required<ReduceLROnPlateauOptions>;
  #state: PlateauState;

  constructor(optimizer: Optimizer, options?: ReduceLROnPlateauOptions) {
    const {
      mode = 'min',
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      thresholdMode = 'rel',
      cooldown = 0,
      minLearningRate = 0,
      epsilon = 1e-8,
    } = requireOptions('options', options, 'new ReduceLROnPlateau(optimizer, { patience: 2 })');
    this.optimizer = requireOptimizer('optimizer', optimizer);
    getLearningRate(optimizer);
    this.#options = {
      mode: requireOneOf('mode', mode, ['min', 'max']),
      factor: requireNumber('factor', factor, { min: 0, below: 1 }),
      patience: requireNumber('patience', patience, { integer: true, min: 0 }),
      threshold: requireNumber('threshold', threshold, { min: 0 }),
      thresholdMode: requireOneOf('thresholdMode', thresholdMode, ['rel', 'abs']),
      cooldown: requireNumber('cooldown', cooldown, { integer: true, min: 0 }),
      minLearningRate: requireNumber('minLearningRate', minLearningRate, { min: 0 }),
      epsilon: requireNumber('epsilon', epsilon, { min: 0 }),
    };
    this.#state = { best: mode === 'min' ? Infinity : -Infinity, badEpochs: 0, cooldownLeft: 0 };
  }

  /** @throws {HarmonicError} `INVALID_ARGUMENT` when the metric is no number, `UNSUPPORTED` when the rate cannot be set. */
  step(metric: number): void {
    if (typeof metric !== 'number') {
      throw new HarmonicError(
        'INVALID_ARGUMENT',
        `The metric is ${describeValue(metric)}; it must be a number, such as the epoch's mean training loss.`,
      );
    }
    const { patience, cooldown } = this.#options;
    const state = this.#state;
    if (this.#isBetter(metric)) {
      state.best = metric;
      state.badEpochs = 0;
    } else {
      state.badEpochs += 1;
    }
    if (state.cooldownLeft > 0) {
      state.cooldownLeft -= 1;
      state.badEpochs = 0;
    }
    if (state.badEpochs > patience) {
      this.#reduce();
      state.cooldownLeft = cooldown;
      state.badEpochs = 0;
    }
  }

  /** `ReduceLROnPlateau`. */
  getClassName(): string {
    return 'ReduceLROnPlateau';
  }

  /** All options, as they are followed. */
  getConfig(): Required<ReduceLROnPlateauOptions> {
    return { ...this.#options };
  }

  getState(): object {
    // JSON has no infinities; none yet means that there is no best metric.
    const { best, badEpochs, cooldownLeft } = this.#state;
    return { best: Number.isFinite(best) ? best : null, badEpochs, cooldownLeft };
  }

  /** @throws {HarmonicError} `INVALID_DATA` when it is not a state of this class. */
  setState(state: object): void {
    const { best, badEpochs, cooldownLeft } = (state ?? {}) as Partial<Record<keyof PlateauState, unknown>>;
    if (
      (best !== null && typeof best !== 'number') ||
      typeof badEpochs !== 'number' ||
      typeof cooldownLeft !== 'number'
    ) {
      throw new HarmonicError('INVALID_DATA', 'This is not a saved state of ReduceLROnPlateau.');
    }
    const worst = this.#options.mode === 'min' ? Infinity : -Infinity;
    this.#state = { best: best ?? worst, badEpochs, cooldownLeft };
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const { best } = this.#state;
    const sign = mode === 'min' ? -1 : 1;
    const bar = thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === 'min' ? metric < bar : metric > bar;
  }

  #reduce(): void {
    const { factor, minLearningRate, epsilon } = this.#options;
    const current = getLearningRate(this.optimizer);
    const reduced = Math.max(current * factor, minLearningRate);
    if (current - reduced > epsilon) setLearningRate(this.optimizer, reduced);
  }
}
