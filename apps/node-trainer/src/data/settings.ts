import { datasets, mnist } from '@harmonic-mlp/mnist-data/datasets';
import { madeDataSettings, madeDatasets } from 'harmonic-mlp/made-data';
import type { Setting } from 'harmonic-mlp/settings';
import { images, madeNames, ownFiles } from './source';

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
  ...madeDataSettings,
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
