import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FitOptions, HarmonicMLP, presets, resolveConfig } from '../src';
import {
  modelOptions,
  optimizerOptions,
  presetNames,
  presetSettings,
  requireSettings,
  scheduleOption,
  taskOption,
} from '../src/settings';
import { noisyPatterns } from './small-data';

beforeAll(() => setBackend('cpu'));

const data = noisyPatterns({ size: 64 });
const shape = { inputSize: 12, classes: 4, hidden: [10, 6], seed: 2 };

async function trained(options: object, training: FitOptions) {
  const model = new HarmonicMLP({ ...options, ...shape });
  await model.fit(data, { ...training, epochs: 2, batchSize: 16 });
  const weights = Object.values(model.variables).map((variable) => [...variable.dataSync()]);
  model.dispose();
  return weights;
}

describe('presets', () => {
  it('published are what the library does without options, to the bit', async () => {
    const { model, training } = presets.published;
    expect(resolveConfig(model)).toEqual(resolveConfig());
    expect(training).toMatchObject({ epochs: 15, batchSize: 128, schedule: 'plateau' });
    expect(await trained(model, training)).toEqual(await trained({}, {}));
  });

  it('recommended train, with all that they have', async () => {
    const { model, training } = presets.recommended;
    const weights = await trained(model, training);
    const changed = [
      { ...training, task: undefined },
      { ...training, optimizer: undefined },
      { ...training, schedule: undefined },
    ];
    for (const each of changed) expect(await trained(model, each)).not.toEqual(weights);
    const others = { activation: 'relu', norm: 'none', inputNoise: 0 };
    for (const [name, value] of Object.entries(others))
      expect(await trained({ ...model, [name]: value }, training), name).not.toEqual(weights);
  });

  it('cannot be changed for others', () => {
    expect(() => Object.assign(presets.recommended.model, { dropout: 0.9 })).toThrow(TypeError);
    expect(() => (presets.recommended.model.hidden as number[]).push(7)).toThrow(TypeError);
    expect(() => Object.assign(presets.recommended.training.optimizer!, { learningRate: 9 })).toThrow(
      TypeError,
    );
  });
});

describe('The settings of a preset', () => {
  it('are those of its model and its training', () => {
    expect(presetNames).toEqual(['published', 'recommended']);
    const { model, training } = presets.recommended;
    const settings = presetSettings('recommended');
    expect(requireSettings(settings)).toEqual(settings);
    expect(resolveConfig(modelOptions(settings))).toEqual(resolveConfig(model));
    expect(optimizerOptions(settings)).toEqual(training.optimizer);
    expect(scheduleOption(settings)).toBe(training.schedule);
    expect(taskOption(settings)?.name).toBe(training.task?.name);
    expect(settings).toMatchObject({ epochs: training.epochs, batchSize: training.batchSize });
  });

  it('are none for the published one, whose values are the defaults', () => {
    expect(presetSettings('published')).toEqual({});
  });

  it('leave out what belongs to an activation, an optimizer, or a task that is another one', () => {
    const all = presetSettings('recommended');
    const without = (...names: string[]) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
    expect(presetSettings('recommended', { activation: 'relu' })).toEqual(without('periods', 'residual'));
    expect(presetSettings('recommended', { activation: 'harmonic' })).toEqual(without('periods', 'residual'));
    expect(presetSettings('recommended', { maxFreq: 4 })).toEqual(without('periods'));
    expect(presetSettings('recommended', { optimizer: 'sgd' })).toEqual(
      without('learningRate', 'weightDecay'),
    );
    expect(presetSettings('recommended', { optimizer: 'adam' })).toEqual(all);
    expect(presetSettings('recommended', { task: 'regression' })).toEqual(without('labelSmoothing'));
    expect(presetSettings('recommended', { schedule: 'constant', hidden: [8], dropout: 0.5 })).toEqual(all);
  });
});
