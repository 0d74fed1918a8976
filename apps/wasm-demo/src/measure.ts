import { short } from './short';

/** What tells how good a network is on examples. */
export interface Measure {
  /** Its name in the results of an evaluation. */
  readonly name: 'accuracy' | 'rmse';
  readonly title: string;
  /** Whether less is better. */
  readonly isError: boolean;
  readonly format: (value: number | undefined) => string;
}

/** The fraction of examples classified correctly. */
export const accuracy: Measure = {
  name: 'accuracy',
  title: 'Accuracy',
  isError: false,
  format: (value) => (value === undefined ? '–' : `${(100 * value).toFixed(2)}%`),
};

/** The root of the mean squared error of a regression, in the units of its targets. */
export const rmse: Measure = {
  name: 'rmse',
  title: 'RMSE',
  isError: true,
  format: (value) => (value === undefined ? '–' : short(value)),
};

/** The measure in the results of an evaluation. */
export const measured = (
  { name }: Measure,
  results: { readonly [name: string]: number | undefined },
): number | undefined => results[name];
