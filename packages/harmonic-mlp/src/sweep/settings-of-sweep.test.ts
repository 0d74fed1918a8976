import { expect, it } from 'vitest';
import { type Setting, type SettingValues, settings } from '../settings';
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

it('what is not varied and not of the library decides by its default in the table, too', () => {
  const common = { group: 'data', label: '', placeholder: '', help: '', onResume: 'fixed' } as const;
  const table: Setting[] = [
    ...settings,
    {
      ...common,
      name: 'color',
      flag: 'color',
      type: { kind: 'choice', choices: ['no', 'yes'], default: 'yes' },
    },
    {
      ...{ ...common, name: 'hue', flag: 'hue', type: { kind: 'number', bounds: {}, default: 0 } },
      when: { setting: 'color', is: ['yes'] },
    },
  ];
  const inTable = (base: SettingValues) => gridOf({ hue: [1, 2] }, appliesBy(table, base));
  expect(inTable({})).toEqual([{ hue: 1 }, { hue: 2 }]);
  expect(inTable({ color: 'no' })).toEqual([{}]);
});

it('a setting that is not in the table applies', () => {
  expect(grid({ other: [1, 2] })).toHaveLength(2);
});
