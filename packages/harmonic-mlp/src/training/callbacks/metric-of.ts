import { HarmonicError } from '@harmonic-mlp/core';
import type { Evaluation } from '../../records';

/**
 * A metric of an evaluation.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` if the evaluation does not have it.
 */
export function metricOf(validation: Evaluation, metric: string): number {
  const value = validation[metric];
  if (typeof value === 'number') return value;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'metric',
    value: metric,
    allowed: `one of ${Object.keys(validation).join(', ')}`,
  });
}

/** Whether less (`min`) or more (`max`) of a metric is better, by its name: less of a loss or an error. */
export const modeOf = (metric: string): 'min' | 'max' => (/loss|error|mse|mae/i.test(metric) ? 'min' : 'max');
