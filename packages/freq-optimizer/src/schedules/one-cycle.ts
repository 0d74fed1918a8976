import { anneal } from './cosine';
import { type Schedule, type ScheduleDefinition, scheduleOf, stepsOf } from './schedule';

/** Settings of {@link oneCycle}. */
export type OneCycleSettings = {
  /** The factor at the start, in [0, 1]. Default 0.04. */
  initial: number;
  /** How long it rises: below 1 a fraction of the run, from 1 on a number of steps. Default 0.3. */
  warmup: number;
  /** The factor at the end, in [0, 1]. Default 4e-6. */
  final: number;
};

/** {@link oneCycle}, for tables. */
export const oneCycleSchedule: ScheduleDefinition<OneCycleSettings> = {
  name: 'one-cycle',
  summary: 'Rises and falls, each along half a cosine.',
  settings: {
    initial: { default: 0.04, bounds: { min: 0, max: 1 }, summary: 'The factor at the start.' },
    warmup: {
      default: 0.3,
      bounds: { min: 0 },
      isLength: true,
      summary: 'How long it rises: a fraction of the run below 1, or a number of steps.',
    },
    final: { default: 4e-6, bounds: { min: 0, max: 1 }, summary: 'The factor at the end.' },
  },
  factor(step, steps, { initial, warmup, final }) {
    const rising = stepsOf(warmup, steps);
    return step < rising
      ? anneal(initial, 1, step / rising)
      : anneal(1, final, (step - rising) / Math.max(1, steps - rising));
  },
};

/**
 * One cycle (Smith and Topin, 2018): from `initial` up to 1 and down to `final`, each along half a cosine. As PyTorch's
 * `OneCycleLR` of `total_steps = steps + 1`, with its `div_factor` and `final_div_factor` as factors: 1/25, and 1e-4 of
 * that. Momentum is not cycled against it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds, or of an unknown name.
 * @example
 * ```ts
 * import { oneCycle } from '@harmonic-mlp/freq-optimizer';
 *
 * oneCycle().factor(30, 100); // => 1
 * ```
 */
export const oneCycle = (settings?: Partial<OneCycleSettings>): Schedule =>
  scheduleOf(oneCycleSchedule, settings, 'oneCycle({ warmup: 0.2 })');
