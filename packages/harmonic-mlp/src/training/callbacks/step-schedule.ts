import { type Schedule, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import type { Callback } from '../callback';
import { rateOf } from '../optimizer-settings';

/**
 * Sets the learning rate before each step, to `rate · factor` of the schedule.
 *
 * @param rate what the factor is of, asked for at each step.
 * @param steps the steps that the schedule is long; after them the rate stays.
 */
export const stepSchedule = (schedule: Schedule, steps: number, rate: () => number): Callback => ({
  name: 'stepSchedule',
  beforeStep({ epoch, step, stepsPerEpoch }, { optimizer }) {
    const next = rate() * schedule.factor((epoch - 1) * stepsPerEpoch + step - 1, steps);
    if (next !== rateOf(optimizer)) setLearningRate(optimizer, next);
  },
});
