import type { SettingValues } from 'harmonic-mlp/settings';
import { madeDatasetOf } from './source';

/** One layer, which learns each of them in seconds. */
const defaults: SettingValues = {
  hidden: [64],
  /** Without it, the periods are measured on the data. */
  baseFreq: undefined,
  norm: 'none',
  standardizeInputs: true,
  dropout: 0,
  epochs: 200,
  batchSize: 32,
  learningRate: 0.01,
  schedule: 'cosine',
};

/**
 * The defaults for a data set, in place of those of the published experiment, which are for images. There are some for data made
 * by a formula.
 *
 * @param given the values that are given otherwise; an optimizer among them has a learning rate of its own.
 */
export function defaultsFor(dataset: string, given: SettingValues = {}): SettingValues {
  if (madeDatasetOf(dataset) === undefined) return {};
  const isOpen = (name: string) =>
    given[name] === undefined && !(name === 'learningRate' && given.optimizer !== undefined);
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => isOpen(name)));
}
