import {
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { getLearningRate, setLearningRate } from './learning-rate';

/** A schedule that changes an optimizer's learning rate between epochs. */
export interface LearningRateSchedule {
  /** Call once at the end of each epoch, with its training loss. */
  step(metric: number): void;
  /** Everything it remembers, as plain JSON. */
  getState(): object;
  /** Continues from what {@link getState} returned. */
  setState(state: object): void;
  /** Its kind: a state is restored only into a schedule of the same kind. Default: unknown. */
  getClassName?(): string;
  /** The settings from which the schedule can be made again, as plain JSON. */
  getConfig?(): object;
  /** The optimizer whose rate it changes. Default: unknown. */
  readonly optimizer?: Optimizer;
}

/** Settings of {@link ReduceLROnPlateau}, with PyTorch's names and defaults. */
export interface ReduceLROnPlateauOptions {
  /** Whether a lower (`min`, default) or a higher metric is better. */
  mode?: 'min' | 'max';
  /** The factor that multiplies the learning rate, in [0, 1). Default 0.1. */
  factor?: number;
  /** How many bad epochs in a row are tolerated; the next one reduces the rate. Default 10. */
  patience?: number;
  /** By how much a metric must beat the best one to count. Default 1e-4. */
  threshold?: number;
  /**
   * Whether the threshold is relative to the best metric (`rel`, default) or absolute (`abs`). Use a relative one only for
   * positive metrics: with negative ones, a slightly worse metric would count as better, as it does in PyTorch.
   */
  thresholdMode?: 'rel' | 'abs';
  /** How many epochs after a reduction do not count as bad. Default 0. */
  cooldown?: number;
  /** The lowest learning rate. Default 0. */
  minLearningRate?: number;
  /** Reductions by this or less are skipped. Default 1e-8. */
  epsilon?: number;
}

const knownOptions: KnownOptions<ReduceLROnPlateauOptions> = {
  mode: true,
  factor: true,
  patience: true,
  threshold: true,
  thresholdMode: true,
  cooldown: true,
  minLearningRate: true,
  epsilon: true,
};

interface PlateauState {
  best: number;
  badEpochs: number;
  cooldownLeft: number;
}

/**
 * Multiplies the learning rate by `factor` when the metric has not improved for more than `patience` epochs, like PyTorch's
 * `ReduceLROnPlateau`. A NaN metric counts as a bad epoch. With the default relative threshold, the metric must be positive,
 * as a cross-entropy is; for metrics that may be negative, choose `thresholdMode: 'abs'`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds or with an unknown name, or if there is no
 *   optimizer; `UNSUPPORTED` for an optimizer whose learning rate cannot be read.
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
    } = requireOptions('options', options, 'new ReduceLROnPlateau(optimizer, { patience: 2 })', knownOptions);
    this.optimizer = optimizer;
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

  /** @throws {HarmonicError} `INVALID_ARGUMENT` if the metric is not a number, `UNSUPPORTED` if the rate cannot be set. */
  step(metric: number): void {
    if (typeof metric !== 'number') {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'metric',
        value: metric,
        allowed: "a number, such as the epoch's mean training loss",
      });
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

  /** All options, defaults included. */
  getConfig(): Required<ReduceLROnPlateauOptions> {
    return { ...this.#options };
  }

  getState(): object {
    // JSON has no infinities; null means that there is no best metric yet.
    const { best, badEpochs, cooldownLeft } = this.#state;
    return { best: Number.isFinite(best) ? best : null, badEpochs, cooldownLeft };
  }

  /** @throws {HarmonicError} `INVALID_DATA` if it is not a state of this class. */
  setState(state: object): void {
    const { best, badEpochs, cooldownLeft } = (state ?? {}) as Partial<Record<keyof PlateauState, unknown>>;
    if (
      (best !== null && typeof best !== 'number') ||
      typeof badEpochs !== 'number' ||
      typeof cooldownLeft !== 'number'
    ) {
      throw new HarmonicError('INVALID_DATA', {
        argument: 'state',
        value: state,
        allowed: 'a saved state of ReduceLROnPlateau, with best, badEpochs, and cooldownLeft',
      });
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
