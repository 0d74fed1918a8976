import type { SettingValues } from 'harmonic-mlp/settings';
import { madeDatasetOf } from './source';

/** One layer, which learns each of them in seconds. */
const common: SettingValues = {
  hidden: [64],
  norm: 'none',
  dropout: 0,
  epochs: 200,
  batchSize: 32,
  learningRate: 0.01,
  schedule: 'cosine',
  examples: 512,
  dataNoise: 0,
};

/** The shortest periods, by which the units resolve the finest detail of the targets for inputs from −1 to 1. */
const baseFreq: Readonly<Record<string, number>> = {
  waves: 0.02,
  chirp: 0.01,
  'square-wave': 0.01,
  parabola: 0.02,
  spirals: 0.05,
  checkerboard: 0.05,
};

/** Defaults that another setting, if it is given, leaves to the settings' own. */
const leftTo: Readonly<Record<string, string>> = { baseFreq: 'periods', learningRate: 'optimizer' };

/**
 * The defaults for a data set, in place of those of the published experiment, which are for images. There are some for data made
 * by a formula.
 *
 * @param given the values that are given otherwise.
 */
export function defaultsFor(dataset: string, given: SettingValues = {}): SettingValues {
  if (madeDatasetOf(dataset) === undefined) return {};
  const all = { ...common, baseFreq: baseFreq[dataset] };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => given[name] === undefined && given[leftTo[name]] === undefined),
  );
}
