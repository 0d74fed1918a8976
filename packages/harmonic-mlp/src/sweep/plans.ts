import type { SettingValues } from '../settings';
import type { RateSuggestions } from '../training';
import type { Axes } from './axis';

/** What a plan varies, and the settings that its trials have in common, by the names of the settings table. */
export interface Plan {
  /** What is varied. */
  readonly axes: Axes;
  /** The common settings. */
  readonly settings: SettingValues;
}

/**
 * The published experiment's first sweep: five learning rates, each for five epochs at a constant rate, from the same initial weights with
 * a fresh optimizer.
 */
export const fixedRates: Plan = {
  axes: { learningRate: [1e-4, 3e-4, 1e-3, 3e-3, 1e-2] },
  settings: { epochs: 5, schedule: 'constant' },
};

/** The settings of the published experiment's second sweep, also of the range test on which it is based. */
export const adaptiveSettings: SettingValues = { batchSize: 64, epochs: 6, schedule: 'constant' };

/**
 * The published experiment's second sweep: five learning rates, evenly spaced on a logarithmic scale, from a tenth of the rate of the
 * steepest descent in a range test to ten times it, to 4 digits, each for six epochs in batches of 64.
 *
 * @returns undefined if the range test has not found that rate.
 */
export function adaptiveRates({ steepest }: RateSuggestions): Plan | undefined {
  if (steepest === undefined) return undefined;
  const rates = [-1, -0.5, 0, 0.5, 1].map((power) => Number((steepest * 10 ** power).toPrecision(4)));
  return { axes: { learningRate: rates }, settings: adaptiveSettings };
}
