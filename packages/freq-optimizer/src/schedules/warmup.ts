import { type ScheduleSetting, stepsOf } from './schedule';

/** The setting of all schedules that begin at their peak. */
export type WarmupSettings = {
  /** How long the rate rises linearly at first: below 1 a fraction of the run, from 1 on a number of steps. Default 0. */
  warmup: number;
};

/** {@link WarmupSettings}, for tables. */
export const warmup: ScheduleSetting = {
  default: 0,
  bounds: { min: 0 },
  isLength: true,
  summary: 'How long it rises linearly at first: a fraction of the run below 1, or a number of steps.',
};

/**
 * Rises to 1 over the first w steps by `(step + 1)/(w + 1)`, so that no step is wasted on a rate of 0; the rest of the run
 * follows `decay`, which counts from there.
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
