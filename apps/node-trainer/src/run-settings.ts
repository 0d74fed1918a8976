import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { type Setting, settings } from 'harmonic-mlp/settings';
import { backendNames } from './backends';
import { datasetNames } from './data';

/** Where the images come from. */
export const dataSettings = {
  dataset: {
    name: 'dataset',
    flag: 'dataset',
    group: 'data',
    label: 'Data set',
    placeholder: '<name>',
    help: "what to learn; own: IDX files of your own in --data-dir, named as MNIST's",
    type: { kind: 'choice', choices: datasetNames, default: mnist.name },
    onResume: 'change',
  },
  dataDir: {
    name: 'dataDir',
    flag: 'data-dir',
    group: 'data',
    label: 'Folder',
    placeholder: '<dir>',
    help: 'folder of its four files, plain or .gz',
    type: { kind: 'text' },
    defaultText: 'the embedded MNIST, or the cache',
    onResume: 'change',
  },
  transpose: {
    name: 'transpose',
    flag: 'transpose',
    group: 'data',
    label: 'Transposed',
    placeholder: '<yes>',
    help: 'with --dataset own: the files hold each image column by column, as EMNIST does (their headers tell the rows and columns of the upright images)',
    type: { kind: 'flag', default: false },
    onResume: 'change',
  },
  verify: {
    name: 'verify',
    flag: 'verify',
    group: 'data',
    label: 'Verify',
    placeholder: '<yes>',
    help: 'accept files whose checksums are not the published ones',
    type: { kind: 'flag', default: true },
    onResume: 'change',
  },
  validation: {
    name: 'validation',
    flag: 'validation',
    group: 'data',
    label: 'Validation',
    placeholder: '<n>',
    help: 'choose the best model on this many training images, or this fraction of them, held out',
    type: { kind: 'number', bounds: { above: 0 } },
    defaultText: 'on the test images, as published',
    onResume: 'fixed',
  },
} as const satisfies Record<string, Setting>;

/** What computes. */
export const backendSettings = {
  backend: {
    name: 'backend',
    flag: 'backend',
    group: 'backend',
    label: 'Backend',
    placeholder: '<name>',
    help: 'backend to compute with; auto takes the one that trains this fastest here, measured the first time and again after 30 days',
    type: { kind: 'choice', choices: ['auto', ...backendNames], default: 'auto' },
    onResume: 'change',
  },
  kernels: {
    name: 'kernels',
    flag: 'kernels',
    group: 'backend',
    label: 'Kernels',
    placeholder: '<yes>',
    help: "leave out this project's SIMD kernels, which are several times faster",
    type: { kind: 'flag', default: true },
    onResume: 'change',
  },
} as const satisfies Record<string, Setting>;

/** Everything that makes up a run, in the order in which it is shown. */
export const runSettings: readonly Setting[] = [
  ...settings,
  ...Object.values(dataSettings),
  ...Object.values(backendSettings),
];

/** The setting of a name. */
export function settingOf(name: string): Setting {
  const setting = runSettings.find((each) => each.name === name);
  if (setting === undefined) throw new Error(`There is no setting ${name}.`);
  return setting;
}
