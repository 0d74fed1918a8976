import { type Schedule, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import type { Callback } from './callback';
import { rateOf } from './optimizer-settings';

/**
 * Sets the learning rate before each step to `rate · factor`.
 *
 * @param rate the rate that the schedule's factor multiplies, read before each step.
 * @param steps the length of the schedule; after it, the rate stays constant.
 */
export const stepSchedule = (schedule: Schedule, steps: number, rate: () => number): Callback => ({
  name: 'stepSchedule',
  beforeStep({ epoch, step, stepsPerEpoch }, { optimizer }) {
    const next = rate() * schedule.factor((epoch - 1) * stepsPerEpoch + step - 1, steps);
    if (next !== rateOf(optimizer)) setLearningRate(optimizer, next);
  },
});
