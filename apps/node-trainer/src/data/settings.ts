import { datasets, mnist } from '@harmonic-mlp/mnist-data/datasets';
import { madeDatasets } from 'harmonic-mlp/made-data';
import type { Setting } from 'harmonic-mlp/settings';
import { imageNames, madeNames, ownFiles } from './source';

const images = { setting: 'dataset', is: imageNames, text: 'for images' };
const made = { setting: 'dataset', is: madeNames, text: 'for data made by a formula' };

/** Where the data come from. */
export const dataSettings = {
  dataset: {
    name: 'dataset',
    flag: 'dataset',
    group: 'data',
    label: 'Data set',
    placeholder: '<name>',
    help: 'data set',
    explanations: {
      ...Object.fromEntries(Object.values(madeDatasets).map(({ name, summary }) => [name, summary])),
      [ownFiles]: "your own IDX files in --data-dir, named like MNIST's",
    },
    type: {
      kind: 'choice',
      choices: [...datasets.map(({ name }) => name), ...madeNames, ownFiles],
      default: mnist.name,
    },
    onResume: 'change',
  },
  dataDir: {
    name: 'dataDir',
    flag: 'data-dir',
    group: 'data',
    label: 'Folder',
    placeholder: '<dir>',
    help: 'folder with the four files of the data set, plain or .gz',
    type: { kind: 'text' },
    defaultText: 'the embedded MNIST, or the cache',
    onResume: 'change',
    when: images,
  },
  transpose: {
    name: 'transpose',
    flag: 'transpose',
    group: 'data',
    label: 'Transposed',
    placeholder: '<yes>',
    help: 'the files store each image column by column, as EMNIST does (their headers give the size of the upright images)',
    type: { kind: 'flag', default: false },
    onResume: 'change',
    when: { setting: 'dataset', is: [ownFiles] },
  },
  verify: {
    name: 'verify',
    flag: 'verify',
    group: 'data',
    label: 'Verify',
    placeholder: '<yes>',
    help: 'accept files that do not have the published checksums',
    type: { kind: 'flag', default: true },
    onResume: 'change',
    when: images,
  },
  examples: {
    name: 'examples',
    flag: 'examples',
    group: 'data',
    label: 'Examples',
    placeholder: '<n>',
    help: 'training examples, and as many test examples, drawn with --seed',
    type: { kind: 'number', bounds: { integer: true, min: 1, max: 1_000_000 } },
    defaultText: '512',
    onResume: 'fixed',
    when: made,
  },
  dataNoise: {
    name: 'dataNoise',
    flag: 'data-noise',
    group: 'data',
    label: 'Noise in the data',
    placeholder: '<σ>',
    help: 'standard deviation of Gaussian noise in the targets of a regression, or in the inputs of a classification',
    type: { kind: 'number', bounds: { min: 0, max: 1e6 } },
    defaultText: '0',
    onResume: 'fixed',
    when: made,
  },
  validation: {
    name: 'validation',
    flag: 'validation',
    group: 'data',
    label: 'Validation',
    placeholder: '<n>',
    help: 'number or fraction of training examples to hold out, to choose the best model on them',
    type: { kind: 'number', bounds: { above: 0 } },
    defaultText: 'choose it on the test examples, as published',
    onResume: 'fixed',
  },
} as const satisfies Record<string, Setting>;
