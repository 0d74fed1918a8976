import type { Setting } from '../settings';
import { madeDatasets } from './table';

const when = {
  setting: 'dataset',
  is: Object.keys(madeDatasets),
  text: 'for data made by a formula',
};

/** The settings of made examples, for programs with a setting `dataset` that has the names of {@link madeDatasets}. */
export const madeDataSettings = {
  examples: {
    name: 'examples',
    flag: 'examples',
    group: 'data',
    label: 'Examples',
    placeholder: '<n>',
    help: 'number of examples to make for training, and of others for testing',
    type: { kind: 'number', bounds: { integer: true, min: 1, max: 1_000_000 }, default: 512 },
    onResume: 'fixed',
    when,
  },
  dataNoise: {
    name: 'dataNoise',
    flag: 'data-noise',
    group: 'data',
    label: 'Noise in the data',
    placeholder: '<σ>',
    help: 'standard deviation of Gaussian noise in the targets of a regression, or in the inputs of a classification',
    type: { kind: 'number', bounds: { min: 0, max: 1e6 }, default: 0 },
    onResume: 'fixed',
    when,
  },
} as const satisfies Record<string, Setting>;
