import { expect, it } from 'vitest';
import { applicable, override } from './run-settings';

it.each([
  ['mnist', { dataset: 'mnist', verify: true, labelSmoothing: 0 }],
  ['own', { dataset: 'own', verify: true, transpose: false, labelSmoothing: 0 }],
  ['spirals', { dataset: 'spirals', examples: 512, labelSmoothing: 0 }],
  ['waves', { dataset: 'waves', examples: 512, loss: 'squared' }],
])('a run on %s has the settings that apply to it', (dataset, expected) => {
  const all = { verify: true, transpose: false, examples: 512, labelSmoothing: 0, loss: 'squared' };
  expect(applicable({ dataset, dataDir: undefined, ...all })).toStrictEqual(expected);
});

it('given settings drop those that do not apply because of them', () => {
  const values = {
    dataset: 'waves',
    loss: 'huber',
    delta: 2,
    examples: 9,
    schedule: 'step',
    scheduleEvery: 3,
  };
  expect(override(values, {})).toEqual(values);
  expect(override(values, { dataset: 'chirp' })).toEqual({ ...values, dataset: 'chirp' });
  const { loss, delta, ...others } = values;
  expect(override(values, { dataset: 'spirals' })).toEqual({ ...others, dataset: 'spirals' });
  expect(override(values, { loss: 'absolute', schedule: 'cosine' })).toEqual({
    ...{ dataset: 'waves', loss: 'absolute', examples: 9, schedule: 'cosine' },
  });
  // What is given is never dropped: it may have to be refused.
  expect(override(values, { dataset: 'mnist', delta: 1 })).toEqual({
    ...{ dataset: 'mnist', delta: 1, schedule: 'step', scheduleEvery: 3 },
  });
});

it('given periods replace those that are given in the other way, unless they are capped', () => {
  const capped = { baseFreq: 1, maxFreq: 3 };
  expect(override({ periods: 'constant:4' }, { maxFreq: 3 })).toEqual({ maxFreq: 3 });
  expect(override(capped, { periods: 'constant:4' })).toEqual({ periods: 'constant:4' });
  expect(override(capped, { periods: 'capped' })).toEqual({ ...capped, periods: 'capped' });
  expect(override(capped, { periods: 'constant:4', maxFreq: 2 })).toEqual({
    ...capped,
    periods: 'constant:4',
    maxFreq: 2,
  });
});
