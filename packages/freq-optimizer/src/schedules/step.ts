import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** Settings of {@link stepDecay}. */
export type StepDecaySettings = WarmupSettings & {
  /** How long the rate stays: below 1 a fraction of the run after its warm-up, from 1 on a number of steps. Default 0.3. */
  every: number;
  /** What it is then multiplied by, in (0, 1]. Default 0.1. */
  gamma: number;
};

/** {@link stepDecay}, for tables. */
export const stepSchedule: ScheduleDefinition<StepDecaySettings> = {
  name: 'step',
  summary: 'Multiplied by gamma again and again.',
  settings: {
    every: {
      default: 0.3,
      bounds: { above: 0 },
      isLength: true,
      summary: 'How long it stays: a fraction of the run below 1, or a number of steps.',
    },
    gamma: { default: 0.1, bounds: { above: 0, max: 1 }, summary: 'What it is then multiplied by.' },
    warmup,
  },
  factor: (step, steps, { every, gamma, warmup }) =>
    afterWarmup(step, steps, warmup, (step, steps) => {
      const length = every < 1 ? every * steps : every;
      // The half puts a drop that falls between two steps at the nearest one; none falls on the end, where nothing is left.
      return gamma ** Math.floor((Math.min(step, steps - 1) + 0.5) / length);
    }),
};

/**
 * Step decay: `gamma^⌊step/every⌋`, as PyTorch's `StepLR`, counted from the end of the warm-up.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds, or of an unknown name.
 * @example
 * ```ts
 * import { stepDecay } from '@harmonic-mlp/freq-optimizer';
 *
 * stepDecay({ every: 0.5, gamma: 0.2 }).factor(50, 100); // => 0.2
 * ```
 */
export const stepDecay = (settings?: Partial<StepDecaySettings>): Schedule =>
  scheduleOf(stepSchedule, settings, 'stepDecay({ every: 0.5, gamma: 0.2 })');
