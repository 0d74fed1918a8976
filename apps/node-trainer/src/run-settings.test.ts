import { expect, it } from 'vitest';
import { applicable } from './run-settings';

it.each([
  ['mnist', { dataset: 'mnist', verify: true, labelSmoothing: 0 }],
  ['own', { dataset: 'own', verify: true, transpose: false, labelSmoothing: 0 }],
  ['spirals', { dataset: 'spirals', examples: 512, labelSmoothing: 0 }],
  ['waves', { dataset: 'waves', examples: 512, loss: 'squared' }],
])('a run on %s has the settings that apply to it', (dataset, expected) => {
  const all = { verify: true, transpose: false, examples: 512, labelSmoothing: 0, loss: 'squared' };
  expect(applicable({ dataset, dataDir: undefined, ...all })).toStrictEqual(expected);
});
