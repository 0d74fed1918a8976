import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** Settings of {@link stepDecay}. */
export type StepDecaySettings = WarmupSettings & {
  /** Interval: a fraction of the run after its warm-up if less than 1, else a number of steps. Default 0.3. */
  every: number;
  /** Factor of each drop, in (0, 1]. Default 0.1. */
  gamma: number;
};

/** The definition of {@link stepDecay}. */
export const stepSchedule: ScheduleDefinition<StepDecaySettings> = {
  name: 'step',
  summary: 'Drops by the same factor at regular intervals.',
  settings: {
    every: {
      default: 0.3,
      bounds: { above: 0 },
      isLength: true,
      summary: 'Interval between drops: a fraction of the run, or steps.',
    },
    gamma: { default: 0.1, bounds: { above: 0, max: 1 }, summary: 'Factor of each drop.' },
    warmup,
  },
  factor: (step, steps, { every, gamma, warmup }) =>
    afterWarmup(step, steps, warmup, (step, steps) => {
      const length = every < 1 ? every * steps : every;
      // The half rounds each drop to the nearest step. A drop at the very end would only lower the rate after it.
      return gamma ** Math.floor((Math.min(step, steps - 1) + 0.5) / length);
    }),
};

/**
 * Step decay: `gamma^⌊step/every⌋`, like PyTorch's `StepLR`, with steps counted from the end of the warm-up.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 * @example
 * ```ts
 * import { stepDecay } from '@harmonic-mlp/freq-optimizer';
 *
 * stepDecay({ every: 0.5, gamma: 0.2 }).factor(50, 100); // => 0.2
 * ```
 */
export const stepDecay = (settings?: Partial<StepDecaySettings>): Schedule =>
  scheduleOf(stepSchedule, settings, 'stepDecay({ every: 0.5, gamma: 0.2 })');
