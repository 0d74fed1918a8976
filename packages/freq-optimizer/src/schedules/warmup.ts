import { type ScheduleSetting, stepsOf } from './schedule';

/** The setting that most schedules share. */
export type WarmupSettings = {
  /** Length of a linear rise at the start: a fraction of the run if less than 1, else a number of steps. Default 0. */
  warmup: number;
};

/** {@link WarmupSettings}, for tables. */
export const warmup: ScheduleSetting = {
  default: 0,
  bounds: { min: 0 },
  isLength: true,
  summary: 'Length of the rise at the start: a fraction of the run, or steps.',
};

/**
 * Rises by `(step + 1)/(w + 1)` during the first w steps, so that no step has a rate of 0. The rest of the run follows `decay`,
 * with steps counted from the end of the warm-up.
 */
export function afterWarmup(
  step: number,
  steps: number,
  warmup: number,
  decay: (step: number, steps: number) => number,
): number {
  const rising = stepsOf(warmup, steps);
  return step < rising ? (step + 1) / (rising + 1) : decay(step - rising, Math.max(1, steps - rising));
}
