import '@tensorflow/tfjs-backend-cpu';
import type { HarmonicError } from '@harmonic-mlp/core';
import { registerSchedule, schedules } from '@harmonic-mlp/freq-optimizer';
import { activations, registerActivation } from '@harmonic-mlp/harmonic-layer';
import { setBackend, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { type HarmonicMLPOptions, resolveConfig } from '../model';
import {
  applies,
  choiceTitle,
  defaultValues,
  formatSetting,
  modelOptions,
  modelValues,
  optimizerOptions,
  parseSetting,
  requireApplicable,
  requireSetting,
  requireSettings,
  type SettingType,
  type SettingValues,
  scheduleOption,
  settings,
  taskOption,
  upgradeSettings,
} from '.';

const settingOf = (name: string) => settings.find((setting) => setting.name === name)!;

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
model: activation, --activation | choice [harmonic,harmonic-phase,cosine,sine-relu,harmonic-relu,harmonic-gelu,fan,siren,finer,h-siren,wire,gauss,snake,staf,hosc,sinc,relu,leaky-relu,gelu,silu,tanh,sigmoid,linear] | harmonic | fixed
model: baseFreq, --base-freq | perLayer min:1e-30,max:1e+30 | 1 | fixed (activation harmonic, harmonic-phase, cosine, sine-relu, harmonic-relu, harmonic-gelu)
model: maxFreq, --max-freq | perLayer min:1e-30,max:1e+30 | 5, then 3 | fixed (activation harmonic, harmonic-phase, cosine, sine-relu, harmonic-relu, harmonic-gelu)
model: periods, --periods | text false | capped, with --base-freq and --max-freq | fixed (activation harmonic, harmonic-phase, cosine, sine-relu, harmonic-relu, harmonic-gelu)
model: residual, --residual | number min:-1e+30,max:1e+30 | 0; 0.1 for harmonic | fixed (activation harmonic, harmonic-phase, harmonic-relu, harmonic-gelu)
model: phase, --phase | number min:-1000,max:1000 | 0.785 | fixed (activation harmonic-phase)
model: phaseSpread, --phase-spread | number min:0,max:1000 | 0 | fixed (activation harmonic-phase)
model: amplitude, --amplitude | number min:-1e+30,max:1e+30 | 0.5 | fixed (activation sine-relu)
model: share, --share | number min:0,max:1 | 0.5; 0.25 for fan | fixed (activation harmonic-relu, harmonic-gelu, fan)
model: omega, --omega | number above:0,max:1000000 | 30; 20 for wire | fixed (activation siren, finer, h-siren, wire, staf, hosc, sinc)
model: biasRange, --bias-range | number min:0,max:1000000 | 1 | fixed (activation finer)
model: weightRange, --weight-range | number above:0,max:1000 | 2 | fixed (activation h-siren)
model: scale, --scale | number above:0,max:1000000 | 10; 30 for gauss | fixed (activation wire, gauss)
model: frequency, --frequency | number above:0,max:1000000 | 1 | fixed (activation snake)
model: terms, --terms | number min:1,max:64,integer:true | 5 | fixed (activation staf)
model: sharpness, --sharpness | number above:0,max:1000000 | 2 | fixed (activation hosc)
model: slope, --slope | number min:-1e+30,max:1e+30 | 0.01 | fixed (activation leaky-relu)
model: norm, --norm | choice [after,before,none] | after | fixed
model: normKind, --norm-kind | choice [batch,layer] | batch | fixed (norm after, before)
model: noise, --noise | number min:0,max:1000000 | 0 | fixed
model: inputNoise, --input-noise | number min:0,max:1000000 | 0 | fixed
model: skipConnections, --skip-connections | flag false | false | fixed
model: standardizeInputs, --standardize-inputs | flag false | false | fixed
model: fourierFeatures, --fourier-features | text false | none | fixed
model: maxNorm, --max-norm | numberOrName above:0 | none | fixed
model: dropout, --dropout | number min:0,below:1 | 0.2 | fixed
model: loss, --loss | choice [squared,absolute,huber] | squared | fixed (task regression)
model: delta, --delta | number above:0 | 1 | fixed (loss huber)
training: epochs, --epochs | number integer:true,min:1 | 15 | grow
training: batchSize, --batch-size | number integer:true,min:1 | 128 | fixed
training: labelSmoothing, --label-smoothing | number min:0,below:1 | 0 | fixed (task classification)
training: seed, --seed | number integer:true,min:0 | 0 | fixed
optimizer: optimizer, --optimizer | choice [adam,adamw,sgd,momentum] | adam | fixed
optimizer: learningRate, --lr | number above:0 | 0.001 0.001; 0.1 for sgd, 0.01 for momentum | change
optimizer: weightDecay, --weight-decay | number min:0 | 0.00001 0.00001; 0.01 for adamw, 0 for sgd and momentum | change
optimizer: momentum, --momentum | number min:0,below:1 | 0.9 | change (optimizer momentum)
optimizer: clipNorm, --clip-norm | numberOrName above:0 | none | fixed
optimizer: freqScaleFactor, --freq-scale-factor | number min:0 | 0.1 | change
optimizer: freqScale, --freq-scale | choice [gradient,update] | gradient | change
schedule: schedule, --schedule | choice [plateau,constant,step,exponential,linear,cosine,one-cycle] | plateau | change
schedule: warmup, --warmup | number min:0 | 0; 0.3 for one-cycle | change (schedule constant, step, exponential, linear, cosine, one-cycle)
schedule: scheduleEvery, --schedule-every | number above:0 | 0.3 | change (schedule step)
schedule: scheduleGamma, --schedule-gamma | number above:0,max:1 | 0.1 | change (schedule step)
schedule: scheduleFinal, --schedule-final | number min:0,max:1 | 0; 0.01 for exponential, 0.000004 for one-cycle | change (schedule exponential, linear, cosine, one-cycle)
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

  it('says what the names of a choice stand for', () => {
    expect(Object.keys(settingOf('activation').explanations!)).toEqual(Object.keys(activations));
    expect(settingOf('activation').explanations).toMatchObject({
      harmonic: 'sin(2π·z/p) + r·z, with a period p for each unit',
      relu: 'max(0, z)',
      linear: 'z',
    });
    expect(settingOf('optimizer').explanations).toEqual({
      adam: 'Adam with coupled weight decay (L2)',
      adamw: 'Adam with decoupled weight decay',
      sgd: 'plain stochastic gradient descent',
      momentum: 'stochastic gradient descent with momentum',
    });
    for (const name of ['schedule', 'freqScale']) {
      const { type, explanations } = settingOf(name);
      expect(Object.keys(explanations!).sort()).toEqual(
        type.kind === 'choice' && type.choices.filter((choice) => choice !== 'polynomial').sort(),
      );
    }
    expect([settingOf('warmup'), settingOf('scheduleEvery')].map(({ label }) => label)).toEqual([
      'Warm-up',
      'Schedule: every',
    ]);
    expect([settingOf('warmup'), settingOf('scheduleFinal')].map((each) => each.placeholder)).toEqual([
      '<length>',
      '<factor>',
    ]);
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
    const { type } = settingOf(name);
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
  expect(parseSetting('schedule', 'polynomial', settingOf('schedule').type)).toBe('polynomial');
});

it('An activation that a program registers is among the choices, with the settings that it takes', () => {
  const isFor = (name: string) => settings.find((setting) => setting.name === name)?.when?.is;
  const withPeriods = Object.values(activations)
    .filter(({ hasPeriods }) => hasPeriods)
    .map(({ name }) => name);
  expect([isFor('baseFreq'), isFor('maxFreq'), isFor('periods')]).toEqual(Array(3).fill(withPeriods));
  expect(isFor('omega')).toEqual(['siren', 'finer', 'h-siren', 'wire', 'staf', 'hosc', 'sinc']);
  registerActivation({ ...activations.harmonic, name: 'test-wave', title: 'Wave', hyperparameters: {} });
  try {
    expect(resolveConfig({ activation: 'test-wave' }).activation).toBe('test-wave');
    expect(choiceTitle('activation', 'test-wave')).toBe('Wave');
    expect(isFor('baseFreq')).toEqual([...withPeriods, 'test-wave']);
    expect(isFor('maxFreq')).toEqual([...withPeriods, 'test-wave']);
    expect(isFor('residual')).not.toContain('test-wave');
    expect(isFor('residual')).toContain('harmonic');
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
  const typeOf = (name: string) => settingOf(name).type;

  it.each<[string, string, unknown]>([
    ['hidden', '512, 256', [512, 256]],
    ['hidden', '128', [128]],
    ['hidden', 'none', []],
    ['baseFreq', '2', 2],
    ['baseFreq', '1;2.5', [1, 2.5]],
    ['baseFreq', ' 1  2,5 , 3 ', [1, 2, 5, 3]],
    ['learningRate', '3e-4', 3e-4],
    ...['12.5', '12.', '.25', '+12', '12e10', '12E+10', '.5e-10'].map(
      (text) => ['learningRate', text, Number(text)] as [string, string, number],
    ),
    ['residual', ' -0.25 ', -0.25],
    ['epochs', '+12', 12],
    ['activation', ' relu ', 'relu'],
  ])('reads %s from "%s"', (name, text, value) => {
    expect(parseSetting(name, text, typeOf(name))).toEqual(value);
    expect(parseSetting(name, formatSetting(value), typeOf(name))).toEqual(value);
  });

  it.each<[string, string, unknown]>([
    ['hidden', '512,', ''],
    ['hidden', '1e3', '1e3'],
    ['hidden', '0', 0],
    ['epochs', '-12', -12],
    ...['0x10', '5.', '12a', 'a12', ''].map((text) => ['epochs', text, text] as [string, string, string]),
    ['learningRate', '0', 0],
    ...['Infinity', '0x10', '.', '1.5.', '1e', '1e5.5', 'e5', '12a', 'a12', ''].map(
      (text) => ['learningRate', text, text] as [string, string, string],
    ),
    ['activation', 'relo', 'relo'],
  ])('refuses %s of "%s"', (name, text, value) => {
    const { code, argument, value: found } = errorOf(() => parseSetting(`--${name}`, text, typeOf(name)));
    expect([code, argument, found]).toEqual([
      'INVALID_ARGUMENT',
      expect.stringContaining(`--${name}`),
      value,
    ]);
  });

  it('reads answers and texts', () => {
    const [flag, text] = [{ kind: 'flag', default: false }, { kind: 'text' }] as const;
    for (const value of [true, false])
      expect(parseSetting('drop', ` ${formatSetting(value)} `, flag)).toBe(value);
    expect(formatSetting(true)).toBe('yes');
    expect(parseSetting('name', ' a name ', text)).toBe('a name');
    expect(parseSetting('name', 'yes', text)).toBe('yes');
    expect([parseSetting('drop', 'true', flag), parseSetting('drop', 'false', flag)]).toEqual([true, false]);
    for (const value of ['maybe', 'toString'])
      expect(errorOf(() => parseSetting('drop', value, flag))).toMatchObject({ argument: 'drop', value });
    expect(errorOf(() => parseSetting('name', '  ', text))).toMatchObject({ argument: 'name', value: '' });
  });
});

describe('requireSetting', () => {
  const list = { kind: 'list', bounds: { integer: true, min: 1 }, default: [] } as const;
  const perLayer = { kind: 'perLayer', bounds: { above: 1 } } as const;

  it.each<[SettingType, unknown, string, unknown, string]>([
    [{ kind: 'flag', default: false }, 1, 'x', 1, 'true or false'],
    [{ kind: 'text' }, 5, 'x', 5, 'a string that is not empty'],
    [{ kind: 'text' }, ' ', 'x', ' ', 'a string that is not empty'],
    [list, '1', 'x', '1', 'a list of numbers, each an integer at least 1'],
    [list, 5, 'x', 5, 'a list of numbers, each an integer at least 1'],
    [list, [1, 0], 'x[1]', 0, 'an integer at least 1'],
    [perLayer, '1', 'x', '1', 'a number, or a list of one for each layer'],
    [perLayer, 0, 'x', 0, 'a finite number greater than 1'],
    [perLayer, [2, 1], 'x[1]', 1, 'a finite number greater than 1'],
    [{ kind: 'choice', choices: ['a', 'b'], default: 'a' }, 'c', 'x', 'c', 'one of "a", "b"'],
  ])('of %j refuses %j', (type, value, argument, found, allowed) => {
    const error = errorOf(() => requireSetting('x', value, type));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument, value: found, allowed });
  });

  it('gives back what is allowed', () => {
    expect(requireSetting('x', false, { kind: 'flag', default: true })).toBe(false);
    expect(requireSetting('x', ' a ', { kind: 'text' })).toBe(' a ');
    expect(requireSetting('x', [2, 1], { kind: 'perLayer', bounds: { min: 1 } })).toEqual([2, 1]);
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
    [{ '--batch-size': 8 }, { argument: '--batch-size', value: 8, fix: 'Did you mean "batchSize"?' }],
    [
      { nonsense: 1 },
      { argument: 'nonsense', fix: expect.stringMatching(/^The settings are hidden, activ/) },
    ],
    [{ nonsense: 1 }, { allowed: expect.stringMatching(/^one of hidden, activation, /) }],
    [{ '--lr': 1 }, { fix: 'Did you mean "learningRate"?' }],
    [{ 'l--r': 1 }, { fix: expect.stringMatching(/^The settings are/) }],
    [{ '-batch-size--': 8 }, { fix: 'Did you mean "batchSize"?' }],
    [
      { dropout: 1 },
      { argument: 'dropout', value: 1, allowed: 'a finite number at least 0 and less than 1' },
    ],
    [{ hidden: '16' }, { argument: 'hidden', value: '16' }],
    ...[[], null, 'hidden'].map(
      (value) => [value, { argument: 'The configuration', value }] as [object, Partial<HarmonicError>],
    ),
  ])('refuses %j', (values, fields) => {
    const error = errorOf(() => requireSettings(values, { file: 'run.json' }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', file: 'run.json', ...fields });
    expect(errorOf(() => requireSettings(values))).toMatchObject({ ...fields, file: undefined });
  });

  it('checks by a table of one’s own, too', () => {
    const table = [settingOf('dropout')];
    expect(requireSettings({ dropout: 0.5 }, { table })).toEqual({ dropout: 0.5 });
    expect(errorOf(() => requireSettings({ hidden: [16] }, { table }))).toMatchObject({
      argument: 'hidden',
      allowed: 'one of dropout',
    });
  });
});

describe('defaultValues', () => {
  it.each<[SettingValues, object]>([
    [{}, { learningRate: 1e-3, weightDecay: 1e-5, hidden: [512, 256], schedule: 'plateau' }],
    [{ optimizer: 'adam' }, { learningRate: 1e-3, weightDecay: 1e-5 }],
    [{ optimizer: 'adamw' }, { learningRate: 1e-3, weightDecay: 0.01 }],
    [{ optimizer: 'sgd' }, { learningRate: 0.1, weightDecay: 0 }],
    [{ optimizer: 'momentum' }, { learningRate: 0.01, weightDecay: 0, momentum: 0.9 }],
    [{ optimizer: 'none such' }, { learningRate: 1e-3, weightDecay: 1e-5 }],
  ])('has those of the optimizer of %j', (given, values) => {
    expect(defaultValues(settings, given)).toMatchObject(values);
  });

  it('leaves out what has none, or one in words', () => {
    const values = defaultValues();
    for (const name of ['momentum', 'maxFreq', 'warmup']) expect(values).not.toHaveProperty(name);
    expect(defaultValues([settingOf('dropout')])).toEqual({ dropout: 0.2 });
  });
});

it('modelOptions and optimizerOptions pick what is theirs, and is given', () => {
  const values = { hidden: [8], dropout: undefined, seed: 3, batchSize: 8, clipNorm: 1, warmup: 2 };
  expect(modelOptions(values)).toStrictEqual({ hidden: [8], seed: 3 });
  expect(optimizerOptions(values)).toStrictEqual({ clipNorm: 1 });
  // No limit is an option that is left out.
  expect(modelOptions({ maxNorm: 'none', norm: 'none' })).toStrictEqual({ norm: 'none' });
  expect(optimizerOptions({ clipNorm: 'none' })).toStrictEqual({});
});

describe('A setting', () => {
  it('applies with the values of the one that it depends on, of its own table too', () => {
    const values = { activation: 'relu', optimizer: 'adam' };
    expect(applies(settingOf('hidden'), values)).toBe(true);
    expect(applies(settingOf('maxFreq'), values)).toBe(false);
    expect(applies(settingOf('maxFreq'), {})).toBe(true);
    const own = { ...settingOf('maxFreq'), when: { setting: 'source', is: ['files'] } };
    expect(applies(own, {})).toBe(false);
    expect(applies(own, { source: 'files' })).toBe(true);
  });

  it('that does not apply is refused, unless it is left out or has its default', () => {
    const values = { activation: 'relu', baseFreq: 1, hidden: [8] };
    expect(() => requireApplicable(values, values)).not.toThrow();
    const given = { ...values, baseFreq: 2 };
    expect(errorOf(() => requireApplicable(given, given))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'baseFreq',
      value: 2,
    });
  });
});

it.each<HarmonicMLPOptions>([
  {},
  { hidden: [8, 4], maxFreq: [5, 2], dropout: 0, seed: 3 },
  { activation: 'siren', omega: 10, norm: 'none' },
  { activation: 'harmonic-phase', phase: 1, residual: 0.1 },
  { activation: 'relu' },
  { periods: 'geometric:2,8/constant:3', normKind: 'layer', noise: 0.1 },
  { periods: 'list:1,2', skipConnections: true },
])('modelValues are the settings of a model: %j', (options) => {
  const config = resolveConfig(options);
  const values = modelValues(config);
  expect(resolveConfig(modelOptions(values))).toEqual(config);
  expect(() => requireSettings(values)).not.toThrow();
});

it.each(Object.keys(activations))('modelValues of a model with %s apply to it', (activation) => {
  const values = modelValues(resolveConfig({ activation }));
  expect(() => requireApplicable(values, values)).not.toThrow();
});

it('modelValues and modelOptions keep the loss of a regression, whose task follows from its data', () => {
  const options: HarmonicMLPOptions[] = [{ loss: 'squared' }, { loss: 'huber', delta: 2 }];
  for (const own of options) {
    const config = resolveConfig({ task: 'regression', ...own });
    const values = modelValues(config);
    expect(values).toMatchObject(own);
    expect(resolveConfig({ ...modelOptions(values), task: 'regression' })).toEqual(config);
    expect(() => requireSettings(values)).not.toThrow();
  }
  // As a default, it is not in the way of the other tasks.
  expect(modelOptions({ loss: 'squared', baseFreq: 1 })).toEqual({ baseFreq: 1 });
});

describe('A setting of one task', () => {
  it.each([
    ['loss', 'huber', 'regression', 'classification'],
    ['labelSmoothing', 0.1, 'classification', 'regression'],
  ])('%s %s applies only for a %s', (name, value, task, other) => {
    const setting = settingOf(name);
    expect(applies(setting, { task })).toBe(true);
    expect(applies(setting, { task: other })).toBe(false);
    // Without a task, the data are classified.
    expect(applies(setting, {})).toBe(task === 'classification');
    expect(() => requireApplicable({ [name]: setting.type.default }, { task: other })).not.toThrow();
    expect(errorOf(() => requireApplicable({ [name]: value }, { task: other })).message).toBe(
      `${name} applies only for a ${task}, not for a ${other}. Leave ${name} out.`,
    );
  });
});

it('A setting that turns something off is refused as what it turns off', () => {
  const when = { setting: 'source', is: ['files'] };
  const table = [{ ...settingOf('skipConnections'), when, type: { kind: 'flag', default: true } as const }];
  const given = { skipConnections: false };
  expect(errorOf(() => requireApplicable(given, { ...given, source: 'web' }, { table })).message).toBe(
    'skipConnections: false applies only with source files, not with web. Leave skipConnections: false out, or change source.',
  );
});

it('taskOption smooths labels, and otherwise leaves the task to the model', async () => {
  expect(taskOption({})).toBeUndefined();
  expect(taskOption({ labelSmoothing: 0 })).toBeUndefined();
  await setBackend('cpu');
  const logits = tensor2d([[2, 0]]);
  const labels = tensor1d([0], 'int32');
  const loss = taskOption({ labelSmoothing: 0.5 })!.loss(logits, { inputs: logits, labels, size: 1 });
  // −(3/4 ln softmax₀ + 1/4 ln softmax₁)
  expect((await loss.data())[0]).toBeCloseTo(Math.log(1 + Math.exp(2)) - 0.75 * 2, 6);
  expect(errorOf(() => taskOption({ labelSmoothing: 1 }))).toMatchObject({ argument: 'labelSmoothing' });
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

  it('names that value among others', () => {
    const error = errorOf(() => scheduleOption({ schedule: 'step', warmup: 0.1, scheduleEvery: 1.5 }));
    expect(error).toMatchObject({ argument: 'scheduleEvery', value: 1.5 });
  });

  it('takes what one kind of schedule allows, and leaves it to the others to refuse it', () => {
    const final = settingOf('scheduleFinal').type;
    expect(parseSetting('scheduleFinal', '0', final)).toBe(0);
    expect(() => parseSetting('scheduleFinal', '-0.1', final)).toThrow('at least 0');
    expect(scheduleOption({ schedule: 'linear', scheduleFinal: 0 })).toMatchObject({
      settings: { final: 0 },
    });
    expect(() => scheduleOption({ schedule: 'exponential', scheduleFinal: 0 })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'scheduleFinal', value: 0 }),
    );
  });

  it('makes the schedule that values describe', () => {
    expect(scheduleOption({ schedule: 'cosine', warmup: 0.05, scheduleFinal: 0.1 })).toMatchObject({
      name: 'cosine',
      settings: { warmup: 0.05, final: 0.1 },
    });
    expect(scheduleOption({ schedule: 'linear' })).toBe('linear');
    expect(scheduleOption({ schedule: 'linear', scheduleGamma: undefined, dropout: 0.5 })).toBe('linear');
    expect(scheduleOption({})).toBe('plateau');
    // What does not apply is refused where all settings are looked at.
    expect(scheduleOption({ schedule: 'linear', activation: 'relu', maxFreq: 3 })).toBe('linear');
  });

  it('refuses a setting of another kind', () => {
    expect(errorOf(() => scheduleOption({ schedule: 'cosine', scheduleGamma: 0.5 }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'scheduleGamma',
      message:
        'scheduleGamma applies only with schedule step, not with cosine. Leave scheduleGamma out, or change schedule.',
    });
    expect(errorOf(() => scheduleOption({ warmup: 5 }))).toMatchObject({
      argument: 'warmup',
      value: 5,
      message: expect.stringMatching(
        /only with schedule constant, step, exponential, .*, or one-cycle, not with plateau\. Leave/,
      ),
    });
  });
});

it('upgradeSettings gives what earlier releases saved the names of today', () => {
  expect(upgradeSettings({ lr: 0.01, batchSize: 8, toString: 1 })).toEqual({
    learningRate: 0.01,
    batchSize: 8,
    toString: 1,
  });
});
