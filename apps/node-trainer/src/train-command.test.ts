import { resolveConfig } from 'harmonic-mlp';
import { modelOptions, modelValues, type SettingValues } from 'harmonic-mlp/settings';
import { expect, it } from 'vitest';
import { resolveValues } from './experiment';
import { applicable } from './run-settings';
import { kept } from './saved-run';
import { type Decisive, decisiveSettings, trainCommand } from './train-command';

/** The settings that the configuration of a run holds, given what it was started with. */
function savedSettings(given: SettingValues, preset?: Decisive['preset']): SettingValues {
  const { values } = resolveValues({ onCommandLine: given, inFile: {}, preset });
  const shape = values.task === 'regression' ? { inputSize: 1, outputs: 1 } : { inputSize: 784, classes: 10 };
  const model = resolveConfig({ ...modelOptions(values), ...shape, task: values.task as 'regression' });
  return applicable({ ...modelValues(model), ...kept(values) });
}

it.each<[SettingValues, string]>([
  [{}, '--preset published'],
  [{ hidden: [64], epochs: 3 }, '--preset published --hidden 64 --epochs 3'],
  [{ hidden: [], activation: 'relu' }, '--preset published --hidden none --activation relu'],
  [{ optimizer: 'sgd', learningRate: 0.1 }, '--preset published --optimizer sgd'],
  [{ optimizer: 'sgd', learningRate: 0.001 }, '--preset published --optimizer sgd --lr 0.001'],
  [{ schedule: 'cosine', warmup: 0.1 }, '--preset published --schedule cosine --warmup 0.1'],
  [
    { activation: 'siren', omega: 30, hidden: [32, 32] },
    '--preset published --hidden 32,32 --activation siren',
  ],
  [{ baseFreq: [1, 2], skipConnections: true }, '--preset published --base-freq 1,2 --skip-connections'],
  [
    { verify: false, kernels: false, backend: 'cpu' },
    '--preset published --no-verify --backend cpu --no-kernels',
  ],
  // Capped periods, which are measured otherwise.
  [{ dataset: 'spirals', hidden: [64], learningRate: 0.02 }, '--max-freq 5 --lr 0.02 --dataset spirals'],
])('of %j gives what differs from the defaults: %s', (given, options) => {
  const saved = savedSettings({ backend: 'auto', ...given });
  const decisive = decisiveSettings(saved);
  expect(trainCommand(decisive)).toMatch(new RegExp(` train${options && ` ${options}`}$`));
  expect(savedSettings(decisive.settings, decisive.preset)).toEqual(saved);
});

it.each<[SettingValues, string]>([
  [{}, ''],
  [{ seed: 3, epochs: 30 }, '--epochs 30 --seed 3'],
  [{ activation: 'relu' }, '--activation relu'],
  [{ dropout: 0.5, optimizer: 'adamw' }, '--dropout 0.5 --optimizer adamw'],
])('of the recommended network with %j gives what differs from it: %s', (given, options) => {
  const saved = savedSettings({ backend: 'auto', ...given }, 'recommended');
  const decisive = decisiveSettings(saved);
  expect(decisive.preset).toBe('recommended');
  expect(trainCommand(decisive)).toMatch(new RegExp(` train${options && ` ${options}`}$`));
  expect(savedSettings(decisive.settings, 'recommended')).toEqual(saved);
});

it.each<[SettingValues, string]>([
  [{ periods: 'capped' }, '--periods capped'],
  [{ maxFreq: 3 }, '--max-freq 3'],
  [{}, ''],
])('of made data with %j has %s, since periods that are left open are measured', (own, option) => {
  const command = trainCommand(decisiveSettings({ dataset: 'waves', hidden: [8], ...own }));
  expect(command).toMatch(new RegExp(` train --hidden 8 ${option && `${option} `}--dataset waves$`));
});

it('of settings that there are not says so', () => {
  expect(() => decisiveSettings({ hiden: [16] })).toThrow(/no setting "hiden"/);
});
