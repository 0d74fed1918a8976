import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { type AugmentationOptions, AugmentedDataset } from '@harmonic-mlp/mnist-data/augmentation';
import type { Setting, SettingValues } from 'harmonic-mlp/settings';
import { images } from './source';

/** The settings of the distortions, by the names of the options of {@link AugmentedDataset}. */
export const augmentationSettings = {
  augmentShift: {
    name: 'augmentShift',
    flag: 'augment-shift',
    group: 'augmentation',
    label: 'Largest shift',
    placeholder: '<pixels>',
    help: 'shift each training image in each epoch, by at most so many pixels each way',
    type: { kind: 'number', bounds: { min: 0 }, default: 0 },
    onResume: 'fixed',
    when: images,
  },
  augmentRotation: {
    name: 'augmentRotation',
    flag: 'augment-rotation',
    group: 'augmentation',
    label: 'Largest rotation',
    placeholder: '<degrees>',
    help: 'rotate it, by at most so many degrees',
    type: { kind: 'number', bounds: { min: 0, max: 180 }, default: 0 },
    onResume: 'fixed',
    when: images,
  },
  augmentScale: {
    name: 'augmentScale',
    flag: 'augment-scale',
    group: 'augmentation',
    label: 'Largest scaling',
    placeholder: '<fraction>',
    help: 'scale its height and its width, by at most this fraction',
    type: { kind: 'number', bounds: { min: 0, below: 1 }, default: 0 },
    onResume: 'fixed',
    when: images,
  },
  augmentElastic: {
    name: 'augmentElastic',
    flag: 'augment-elastic',
    group: 'augmentation',
    label: 'Elastic distortion',
    placeholder: '<σ>',
    help: 'bend it: the standard deviation of the displacements of its pixels, in pixels',
    type: { kind: 'number', bounds: { min: 0 }, default: 0 },
    onResume: 'fixed',
    when: images,
  },
} as const satisfies Record<string, Setting>;

/** Training images that are distorted as settings say; undefined if they say nothing. */
export function augmented(train: LabeledDataset, values: SettingValues): AugmentedDataset | undefined {
  const options: AugmentationOptions = Object.fromEntries(
    Object.keys(augmentationSettings).flatMap((name) =>
      values[name] ? [[name.replace(/^augment/, '').toLowerCase(), values[name]]] : [],
    ),
  );
  if (Object.keys(options).length === 0) return undefined;
  return new AugmentedDataset(train, { ...options, seed: values.seed as number });
}
