import { anneal } from './cosine';
import { type Schedule, type ScheduleDefinition, scheduleOf, stepsOf } from './schedule';

/** Settings of {@link oneCycle}. */
export type OneCycleSettings = {
  /** Factor at the start, in [0, 1]. Default 0.04. */
  initial: number;
  /** Length of the rise: a fraction of the run if less than 1, else a number of steps. Default 0.3. */
  warmup: number;
  /** Factor at the end, in [0, 1]. Default 4e-6. */
  final: number;
};

/** The definition of {@link oneCycle}. */
export const oneCycleSchedule: ScheduleDefinition<OneCycleSettings> = {
  name: 'one-cycle',
  summary: 'Rises, then decays, each along half a cosine.',
  settings: {
    initial: { default: 0.04, bounds: { min: 0, max: 1 }, summary: 'Factor at the start.' },
    warmup: {
      default: 0.3,
      bounds: { min: 0 },
      isLength: true,
      summary: 'Length of the rise: a fraction of the run, or steps.',
    },
    final: { default: 4e-6, bounds: { min: 0, max: 1 }, summary: 'Factor at the end.' },
  },
  factor(step, steps, { initial, warmup, final }) {
    const rising = stepsOf(warmup, steps);
    return step < rising
      ? anneal(initial, 1, step / rising)
      : anneal(1, final, (step - rising) / Math.max(1, steps - rising));
  },
};

/**
 * One cycle (Smith and Topin, 2018): up from `initial` to 1, then down to `final`, each along half a cosine. It equals PyTorch's
 * `OneCycleLR` with `total_steps = steps + 1`, and has the same defaults: `div_factor` 25 is `initial` 1/25, and
 * `final_div_factor` 1e4 makes `final` 1e-4 of that. Momentum is not cycled.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 * @example
 * ```ts
 * import { oneCycle } from '@harmonic-mlp/freq-optimizer';
 *
 * oneCycle().factor(30, 100); // => 1
 * ```
 */
export const oneCycle = (settings?: Partial<OneCycleSettings>): Schedule =>
  scheduleOf(oneCycleSchedule, settings, 'oneCycle({ warmup: 0.2 })');
