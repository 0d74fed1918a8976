import { HarmonicError } from '@harmonic-mlp/core';
import { registerSchedule, schedules } from '@harmonic-mlp/freq-optimizer';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../model';
import {
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
  it('says of each what it takes, its default, and what becomes of it on resume', () => {
    const rows = settings.map(({ name, flag, group, type, defaultText, onResume, when }) => {
      const { kind, default: fallback, ...allowed } = type;
      const takes = kind === 'choice' ? type.choices : 'bounds' in allowed && allowed.bounds;
      return [
        `${group}: ${name}, --${flag}`,
        `${kind} ${JSON.stringify(takes).replace(/["{}]/g, '')}`,
        [fallback, defaultText].filter((each) => each !== undefined).join(' '),
        `${onResume}${when === undefined ? '' : ` (${when.setting} ${when.is.join(', ')})`}`,
      ].join(' | ');
    });
    expect(`\n${rows.join('\n')}\n`).toBe(`
model: hidden, --hidden | list integer:true,min:1 | 512,256 | fixed
model: activation, --activation | choice [harmonic,relu,linear] | harmonic | fixed
model: baseFreq, --base-freq | perLayer min:1e-30,max:1e+30 | 1 | fixed (activation harmonic)
model: maxFreq, --max-freq | perLayer min:1e-30,max:1e+30 | 5, then 3 | fixed (activation harmonic)
model: residual, --residual | number min:-1e+30,max:1e+30 | 0.1 | fixed (activation harmonic)
model: dropout, --dropout | number min:0,below:1 | 0.2 | fixed
training: epochs, --epochs | number integer:true,min:1 | 15 | grow
training: batchSize, --batch-size | number integer:true,min:1 | 128 | fixed
training: seed, --seed | number integer:true,min:0 | 0 | fixed
optimizer: optimizer, --optimizer | choice [adam,adamw,sgd,momentum] | adam | fixed
optimizer: learningRate, --lr | number above:0 | 0.001 | change
optimizer: weightDecay, --weight-decay | number min:0 | 0.00001 | change
optimizer: momentum, --momentum | number min:0,below:1 | 0.9 | change (optimizer momentum)
optimizer: clipNorm, --clip-norm | number above:0 | none | fixed
optimizer: freqScaleFactor, --freq-scale-factor | number min:0 | 0.1 | change
optimizer: freqScale, --freq-scale | choice [gradient,update] | gradient | change
schedule: schedule, --schedule | choice [plateau,constant,step,exponential,linear,cosine,one-cycle] | plateau | change
schedule: warmup, --warmup | number min:0 | constant 0, step 0, exponential 0, linear 0, cosine 0, one-cycle 0.3 | change (schedule constant, step, exponential, linear, cosine, one-cycle)
schedule: scheduleEvery, --schedule-every | number above:0 | 0.3 | change (schedule step)
schedule: scheduleGamma, --schedule-gamma | number above:0,max:1 | 0.1 | change (schedule step)
schedule: scheduleFinal, --schedule-final | number above:0,max:1 | exponential 0.01, linear 0, cosine 0, one-cycle 0.000004 | change (schedule exponential, linear, cosine, one-cycle)
schedule: scheduleInitial, --schedule-initial | number min:0,max:1 | 0.04 | change (schedule one-cycle)
`);
  });

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
