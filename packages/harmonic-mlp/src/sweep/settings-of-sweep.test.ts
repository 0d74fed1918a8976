import { expect, it } from 'vitest';
import { settings } from '../settings';
import { gridOf } from './grid';
import { appliesBy } from './settings-of-sweep';

const grid = (axes: Parameters<typeof gridOf>[0], base = {}) => gridOf(axes, appliesBy(settings, base));

it('a setting of a schedule varies only with it', () => {
  expect(grid({ schedule: ['constant', 'cosine'], scheduleFinal: [0, 0.1] })).toEqual([
    { schedule: 'constant' },
    { schedule: 'cosine', scheduleFinal: 0 },
    { schedule: 'cosine', scheduleFinal: 0.1 },
  ]);
});

it('periods vary only with activations that have them', () => {
  expect(grid({ baseFreq: [1, 2], activation: ['relu', 'harmonic'] })).toEqual([
    { activation: 'relu' },
    { baseFreq: 1, activation: 'harmonic' },
    { baseFreq: 2, activation: 'harmonic' },
  ]);
});

it('what is not varied decides too, by its value or by its default', () => {
  expect(grid({ baseFreq: [1, 2] })).toHaveLength(2);
  expect(grid({ baseFreq: [1, 2] }, { activation: 'relu' })).toEqual([{}]);
  expect(grid({ delta: [1, 2] }, { loss: 'huber' })).toHaveLength(2);
  expect(grid({ loss: ['squared', 'huber'], delta: [1, 2] }, { task: 'regression' })).toEqual([
    { loss: 'squared' },
    { loss: 'huber', delta: 1 },
    { loss: 'huber', delta: 2 },
  ]);
});

it('a setting that is not in the table applies', () => {
  expect(grid({ other: [1, 2] })).toHaveLength(2);
});
