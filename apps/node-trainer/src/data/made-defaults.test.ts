import { madeDatasets } from 'harmonic-mlp/made-data';
import { requireSettings } from 'harmonic-mlp/settings';
import { expect, it } from 'vitest';
import { runSettings } from '../run-settings';
import { defaultsFor } from './made-defaults';

it.each(Object.keys(madeDatasets))('%s has defaults that are settings, and no periods', (name) => {
  const { baseFreq, ...defaults } = defaultsFor(name);
  expect(requireSettings(defaults, { table: runSettings })).toEqual(defaults);
  expect(defaultsFor(name)).toHaveProperty('baseFreq', undefined);
});

it('leaves images the published ones', () => {
  for (const name of ['mnist', 'own', 'toString']) expect(defaultsFor(name)).toEqual({});
});

it('leaves out what is given, and the learning rate with an optimizer', () => {
  const { baseFreq, learningRate, ...others } = defaultsFor('waves');
  expect(defaultsFor('waves', { baseFreq: 1, learningRate: 1 })).toStrictEqual(others);
  expect(defaultsFor('waves', { optimizer: 'sgd', baseFreq: 1 })).toStrictEqual(others);
  expect(learningRate).toBeGreaterThan(0);
});
