import { madeDatasets } from 'harmonic-mlp/made-data';
import { requireSettings } from 'harmonic-mlp/settings';
import { expect, it } from 'vitest';
import { runSettings } from '../run-settings';
import { defaultsFor } from './made-defaults';

it.each(Object.keys(madeDatasets))('%s has defaults that are settings, its periods among them', (name) => {
  const defaults = defaultsFor(name);
  expect(requireSettings(defaults, { table: runSettings })).toEqual(defaults);
  expect(defaults.baseFreq).toBeGreaterThan(0);
});

it('leaves images the published ones', () => {
  for (const name of ['mnist', 'own', 'toString']) expect(defaultsFor(name)).toEqual({});
});

it('leaves out what is given, and what another given setting decides', () => {
  const { baseFreq, learningRate, ...others } = defaultsFor('waves');
  expect(defaultsFor('waves', { baseFreq: 1, learningRate: 1 })).toEqual(others);
  expect(defaultsFor('waves', { periods: 'linear:1,8' })).toEqual({ learningRate, ...others });
  expect(defaultsFor('waves', { optimizer: 'sgd' })).toEqual({ baseFreq, ...others });
});
