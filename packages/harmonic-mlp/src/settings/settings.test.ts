import { HarmonicError } from '@harmonic-mlp/core';
import { registerSchedule, schedules } from '@harmonic-mlp/freq-optimizer';
import { activations, registerActivation } from '@harmonic-mlp/harmonic-layer';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../model';
import {
  choiceTitle,
  defaultValues,
  formatSetting,
  modelOptions,
  optimizerOptions,
  parseSetting,
  requireSetting,
  requireSettings,
  scheduleOption,
  settings,
  upgradeSettings,
} from '.';

const errorOf = (call: () => unknown): HarmonicError => {
  try {
    call();
  } catch (error) {
    if (HarmonicError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('The table of settings', () => {
  it('has each name and each flag once, with prose for people', () => {
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
    expect(new Set(settings.map(({ flag }) => flag)).size).toBe(settings.length);
    for (const { name, flag, label, help, placeholder } of settings) {
      expect(flag, name).toMatch(/^[a-z][a-z-]*$/);
      expect(label, name).toMatch(/^[A-Z]/);
      expect(help, name).toMatch(/^[^A-Z].*[^.]$/);
      expect(placeholder, name).toMatch(/^<.+>$/);
    }
  });

  it('has defaults that its own checks accept, and that are read back from their texts', () => {
    for (const { name, type } of settings) {
      if (type.default === undefined) continue;
      expect(requireSetting(name, type.default, type), name).toEqual(type.default);
      expect(parseSetting(name, formatSetting(type.default), type), name).toEqual(type.default);
    }
  });

  it('makes the published model of its defaults', () => {
    expect(resolveConfig(modelOptions(defaultValues()))).toEqual(resolveConfig());
    expect(optimizerOptions(defaultValues())).toMatchObject({ learningRate: 1e-3, weightDecay: 1e-5 });
    expect(scheduleOption(defaultValues())).toBe('plateau');
  });

  it('has what every kind of schedule takes', () => {
    for (const [kind, { settings: own }] of Object.entries(schedules)) {
      for (const name of Object.keys(own)) {
        const takers = settings.filter(
          (setting) =>
            setting.when?.setting === 'schedule' &&
            setting.when.is.includes(kind) &&
            setting.name.toLowerCase().endsWith(name.toLowerCase()),
        );
        expect(takers, `${name} of ${kind}`).toHaveLength(1);
      }
    }
  });
});

it('A schedule that a program registers is among the choices', () => {
  const choicesOf = (name: string) => {
    const { type } = settings.find((setting) => setting.name === name)!;
    return type.kind === 'choice' ? type.choices : [];
  };
  expect(choicesOf('schedule')).not.toContain('polynomial');
  registerSchedule({
    name: 'polynomial',
    summary: 'Falls along a power of the steps that are left.',
    settings: {},
    factor: (step, steps) => (1 - step / steps) ** 2,
  });
  expect(choicesOf('schedule')).toContain('polynomial');
  expect(parseSetting('schedule', 'polynomial', settings.find(({ name }) => name === 'schedule')!.type)).toBe(
    'polynomial',
  );
});

it('An activation that a program registers is among the choices, with the settings that it takes', () => {
  const isFor = (name: string) => settings.find((setting) => setting.name === name)?.when?.is;
  expect([isFor('baseFreq'), isFor('maxFreq'), isFor('residual')]).toEqual(Array(3).fill(['harmonic']));
  registerActivation({ ...activations.harmonic, name: 'test-wave', title: 'Wave', hyperparameters: {} });
  try {
    expect(resolveConfig({ activation: 'test-wave' }).activation).toBe('test-wave');
    expect(choiceTitle('activation', 'test-wave')).toBe('Wave');
    expect(isFor('baseFreq')).toEqual(['harmonic', 'test-wave']);
    expect(isFor('maxFreq')).toEqual(['harmonic', 'test-wave']);
    expect(isFor('residual')).toEqual(['harmonic']);
  } finally {
    delete (activations as Record<string, unknown>)['test-wave'];
  }
});

describe('choiceTitle', () => {
  it.each([
    ['activation', 'relu', 'ReLU'],
    ['activation', 'harmonic', 'harmonic'],
    ['optimizer', 'adamw', 'AdamW'],
    ['schedule', 'cosine', 'cosine'],
    ['activation', 'gone', 'gone'],
  ])('of %s %s is %s', (setting, choice, title) => {
    expect(choiceTitle(setting, choice)).toBe(title);
  });
});

describe('parseSetting', () => {
  const typeOf = (name: string) => settings.find((setting) => setting.name === name)!.type;

  it.each<[string, string, unknown]>([
    ['hidden', '512, 256', [512, 256]],
    ['hidden', '128', [128]],
    ['hidden', 'none', []],
    ['baseFreq', '2', 2],
    ['baseFreq', '1;2.5', [1, 2.5]],
    ['learningRate', '3e-4', 3e-4],
    ['activation', 'relu', 'relu'],
  ])('reads %s from "%s"', (name, text, value) => {
    expect(parseSetting(name, text, typeOf(name))).toEqual(value);
    expect(parseSetting(name, formatSetting(value), typeOf(name))).toEqual(value);
  });

  it.each<[string, string, unknown]>([
    ['hidden', '512,', ''],
    ['hidden', '1e3', '1e3'],
    ['hidden', '0', 0],
    ['epochs', '0x10', '0x10'],
    ['learningRate', '0', 0],
    ['learningRate', 'Infinity', 'Infinity'],
    ['activation', 'relo', 'relo'],
  ])('refuses %s of "%s"', (name, text, value) => {
    const { code, argument, value: found } = errorOf(() => parseSetting(`--${name}`, text, typeOf(name)));
    expect([code, argument, found]).toEqual(['INVALID_ARGUMENT', `--${name}`, value]);
  });
});

describe('requireSettings', () => {
  it('returns what is allowed', () => {
    const values = { hidden: [16], learningRate: 0.01, schedule: 'cosine', warmup: 0.05 };
    expect(requireSettings(values)).toEqual(values);
  });

  it.each<[object, Partial<HarmonicError>]>([
    [{ hiden: [16] }, { argument: 'hiden', fix: 'Did you mean "hidden"?' }],
    [{ lr: 0.1 }, { argument: 'lr', fix: 'Did you mean "learningRate"?' }],
    [{ 'batch-size': 8 }, { argument: 'batch-size', fix: 'Did you mean "batchSize"?' }],
    [
      { dropout: 1 },
      { argument: 'dropout', value: 1, allowed: 'a finite number at least 0 and less than 1' },
    ],
    [{ hidden: '16' }, { argument: 'hidden', value: '16' }],
    [[], { argument: 'The configuration', value: [] }],
  ])('refuses %j', (values, fields) => {
    const error = errorOf(() => requireSettings(values, { file: 'run.json' }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', file: 'run.json', ...fields });
  });
});

describe('scheduleOption', () => {
  it('names a value that the schedule does not take by its setting', () => {
    for (const [name, schedule] of [
      ['scheduleEvery', 'step'],
      ['warmup', 'cosine'],
    ]) {
      const error = errorOf(() => scheduleOption({ schedule, [name]: 1.5 }));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: name, value: 1.5 });
      expect(error.message).toMatch(new RegExp(`^${name} is 1.5; it must be a fraction`));
    }
  });

  it('makes the schedule that values describe', () => {
    expect(scheduleOption({ schedule: 'cosine', warmup: 0.05, scheduleFinal: 0.1 })).toMatchObject({
      name: 'cosine',
      settings: { warmup: 0.05, final: 0.1 },
    });
    expect(scheduleOption({ schedule: 'linear' })).toBe('linear');
  });

  it('refuses a setting of another kind', () => {
    expect(errorOf(() => scheduleOption({ schedule: 'cosine', scheduleGamma: 0.5 }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'scheduleGamma',
      message:
        'scheduleGamma is a setting of step, and the schedule is cosine. Give schedule step, or leave scheduleGamma out.',
    });
  });
});

it('upgradeSettings gives what earlier releases saved the names of today', () => {
  expect(upgradeSettings({ lr: 0.01, batchSize: 8 })).toEqual({ learningRate: 0.01, batchSize: 8 });
});
