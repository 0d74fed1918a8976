import { applicable, kept, resolveValues } from '@harmonic-mlp/node-trainer';
import { resolveConfig } from 'harmonic-mlp';
import { modelOptions, modelValues, type SettingValues } from 'harmonic-mlp/settings';
import { expect, it } from 'vitest';
import { decisiveSettings, trainCommand } from './train-command';

/** The settings that the configuration of a run holds, given what it was started with. */
function savedSettings(given: SettingValues): SettingValues {
  const { values } = resolveValues({ onCommandLine: given, inFile: {} });
  const shape = values.task === 'regression' ? { inputSize: 1, outputs: 1 } : { inputSize: 784, classes: 10 };
  const model = resolveConfig({ ...modelOptions(values), ...shape, task: values.task as 'regression' });
  return applicable({ ...modelValues(model), ...kept(values) });
}

it.each<[SettingValues, string]>([
  [{}, ''],
  [{ hidden: [64], epochs: 3 }, '--hidden 64 --epochs 3'],
  [{ hidden: [], activation: 'relu' }, '--hidden none --activation relu'],
  [{ optimizer: 'sgd', learningRate: 0.1 }, '--optimizer sgd'],
  [{ optimizer: 'sgd', learningRate: 0.001 }, '--optimizer sgd --lr 0.001'],
  [{ schedule: 'cosine', warmup: 0.1 }, '--schedule cosine --warmup 0.1'],
  [{ activation: 'siren', omega: 30, hidden: [32, 32] }, '--hidden 32,32 --activation siren'],
  [{ baseFreq: [1, 2], skipConnections: true }, '--base-freq 1,2 --skip-connections'],
  [{ verify: false, kernels: false, backend: 'cpu' }, '--no-verify --backend cpu --no-kernels'],
  [{ dataset: 'spirals', hidden: [64], learningRate: 0.02 }, '--lr 0.02 --dataset spirals'],
])('of %j gives what differs from the defaults: %s', (given, options) => {
  const saved = savedSettings({ backend: 'auto', ...given });
  const decisive = decisiveSettings(saved);
  expect(trainCommand(decisive)).toMatch(new RegExp(` train${options && ` ${options}`}$`));
  expect(savedSettings(decisive)).toEqual(saved);
});

it('of settings that there are not says so', () => {
  expect(() => decisiveSettings({ hiden: [16] })).toThrow(/no setting "hiden"/);
});
