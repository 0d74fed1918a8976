import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** Settings of {@link cosine}. */
export type CosineSettings = WarmupSettings & {
  /** Factor at the end, in [0, 1]. Default 0. */
  final: number;
};

/** The definition of {@link cosine}. */
export const cosineSchedule: ScheduleDefinition<CosineSettings> = {
  name: 'cosine',
  summary: 'Decays along half a cosine.',
  settings: {
    final: { default: 0, bounds: { min: 0, max: 1 }, summary: 'Factor at the end.' },
    warmup,
  },
  factor: (step, steps, { final, warmup }) =>
    afterWarmup(step, steps, warmup, (step, steps) => anneal(1, final, step / steps)),
};

/** From `start` to `end` along half a cosine. */
export const anneal = (start: number, end: number, fraction: number): number =>
  end + ((start - end) / 2) * (1 + Math.cos(Math.PI * fraction));

/**
 * Cosine decay (Loshchilov and Hutter, 2017, without restarts): `final + (1 − final)·(1 + cos(π·step/steps))/2`, like PyTorch's
 * `CosineAnnealingLR`, except that it stays at `final` after its end instead of rising again.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 * @example
 * ```ts
 * import { cosine } from '@harmonic-mlp/freq-optimizer';
 *
 * const schedule = cosine({ warmup: 0.05 });
 * [5, 100].map((step) => 1e-3 * schedule.factor(step, 100)); // => [ 0.001, 0 ]
 * ```
 */
export const cosine = (settings?: Partial<CosineSettings>): Schedule =>
  scheduleOf(cosineSchedule, settings, 'cosine({ warmup: 0.05 })');
