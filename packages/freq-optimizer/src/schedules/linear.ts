import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** Settings of {@link linear}. */
export type LinearSettings = WarmupSettings & {
  /** Factor at the end, in [0, 1]. Default 0. */
  final: number;
};

/** The definition of {@link linear}. */
export const linearSchedule: ScheduleDefinition<LinearSettings> = {
  name: 'linear',
  summary: 'Decays linearly.',
  settings: {
    final: { default: 0, bounds: { min: 0, max: 1 }, summary: 'Factor at the end.' },
    warmup,
  },
  factor: (step, steps, { final, warmup }) =>
    afterWarmup(step, steps, warmup, (step, steps) => 1 - step / steps + final * (step / steps)),
};

/**
 * Linear decay: `(1 − step/steps) + final·step/steps`, like PyTorch's `LinearLR` from 1 to `final`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 * @example
 * ```ts
 * import { linear } from '@harmonic-mlp/freq-optimizer';
 *
 * linear().factor(25, 100); // => 0.75
 * ```
 */
export const linear = (settings?: Partial<LinearSettings>): Schedule =>
  scheduleOf(linearSchedule, settings, 'linear({ warmup: 0.05 })');
