import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { presetTexts, type Setting } from 'harmonic-mlp/settings';
import { datasetNames, madeDataset } from './dataset';

export const dataset: Setting = {
  name: 'dataset',
  flag: 'dataset',
  group: 'data',
  label: 'Data set',
  placeholder: '<name>',
  help: 'what the network learns',
  explanations: Object.fromEntries(
    datasetNames.map((name) => [name, madeDataset(name)?.summary ?? 'images of handwritten digits']),
  ),
  type: { kind: 'choice', choices: datasetNames, default: mnist.name },
  onResume: 'fixed',
};

/** The settings that others are changed from. */
export const preset: Setting = {
  name: 'preset',
  flag: 'preset',
  group: 'data',
  label: 'Preset',
  placeholder: '<name>',
  help: 'settings that go together',
  explanations: presetTexts,
  // What addresses mean that name none, which are older.
  type: { kind: 'choice', choices: Object.keys(presetTexts), default: 'published' },
  onResume: 'fixed',
  when: { setting: 'dataset', is: [mnist.name] },
};

/** The order of the images in the first epoch. */
export const firstEpoch: Setting = {
  name: 'firstEpoch',
  flag: 'first-epoch',
  group: 'page',
  label: 'First epoch',
  placeholder: '<order>',
  help: 'order of its images: arrival starts immediately with the images that have arrived, shuffled within each 5,000; shuffled waits for all 60,000, and matches the command line’s run to the digit',
  type: { kind: 'choice', choices: ['arrival', 'shuffled'], default: 'arrival' },
  onResume: 'fixed',
  when: { setting: 'dataset', is: [mnist.name] },
};

/** The backends of tfjs that can train here. */
export type BackendName = 'wasm' | 'webgpu';

/** What computes the steps of training. */
export const backend: Setting = {
  name: 'backend',
  flag: 'backend',
  group: 'page',
  label: 'Backend',
  placeholder: '<name>',
  help: 'what computes the steps',
  explanations: {
    wasm: 'WebAssembly, on the processor',
    webgpu: 'WebGPU, on a graphics card, with the same results but for rounding',
  },
  type: { kind: 'choice', choices: ['wasm', 'webgpu'], default: 'wasm' },
  onResume: 'change',
};

/** Whether a network with another activation is trained alongside. */
export const compare: Setting = {
  name: 'compare',
  flag: 'compare',
  group: 'page',
  label: 'Compare',
  placeholder: '<yes>',
  help: 'trains a second network of the same size, on the same batches, with ReLU (or harmonic, if this one has no periods)',
  type: { kind: 'flag', default: false },
  onResume: 'change',
};
