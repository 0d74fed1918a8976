import type { Bounds } from '@harmonic-mlp/core';
import { optimizers, type ScheduleSetting, schedules } from '@harmonic-mlp/freq-optimizer';
import { activations, fourierEncodings, periods } from '@harmonic-mlp/harmonic-layer';
import { modelSettings, type TaskName } from '../model';
import type { SettingType } from '../setting';
import { scheduleNames } from '../training';
import { trainingSettings } from '../training-settings';
import type { Setting } from './setting';
import { none } from './text';
import { widest } from './widest';

/** The summaries of a table's entries, by name. */
const explained = (table: Readonly<Record<string, { name: string; summary: string }>>) =>
  Object.fromEntries(Object.values(table).map(({ name, summary }) => [name, uncapitalized(summary)]));

/** A sentence as part of another one; Adam keeps its capital. */
const uncapitalized = (sentence: string) =>
  (/^(?!Adam\b)[A-Z][a-z ]/.test(sentence)
    ? sentence[0].toLowerCase() + sentence.slice(1)
    : sentence
  ).replace(/\.$/, '');

/** A row, whose flag follows from its name. */
const row = (
  name: string,
  {
    flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    ...rest
  }: Omit<Setting, 'name' | 'flag'> & { flag?: string },
): Setting => ({ name, flag, ...rest });

/** A limit, or the word that says that there is none. */
const orNone = (bounds: Bounds): SettingType => ({
  kind: 'numberOrName',
  bounds,
  names: [none],
  default: none,
});

const count = '<n>';

/** The names of a table's entries that a setting is for. */
const namesOf = <T extends { name: string }>(
  table: Readonly<Record<string, T>>,
  has: (entry: T) => boolean,
) =>
  Object.values(table)
    .filter(has)
    .map(({ name }) => name);

/** Where units have periods. */
const withPeriods = {
  setting: 'activation',
  text: 'if units have periods',
  get is() {
    return namesOf(activations, ({ hasPeriods }) => hasPeriods);
  },
};

/** The task is not a setting: it follows from the data, and a program adds it to the values. */
const withTask = (task: TaskName) => ({ setting: 'task', is: [task], text: `for a ${task}` });

const model: Setting[] = [
  row('hidden', {
    group: 'model',
    label: 'Hidden units',
    placeholder: '<sizes>',
    help: 'units of each hidden layer, starting from the input; none for a linear model',
    type: modelSettings.hidden,
    onResume: 'fixed',
  }),
  row('activation', {
    group: 'model',
    label: 'Activation',
    placeholder: '<name>',
    help: 'activation of the hidden layers',
    explanations: explained(activations),
    type: modelSettings.activation,
    onResume: 'fixed',
  }),
  row('baseFreq', {
    group: 'model',
    label: 'Base frequency',
    placeholder: '<p>',
    help: 'period of the first unit, for all layers or for each (the published code calls it a frequency)',
    type: modelSettings.baseFreq,
    onResume: 'fixed',
    when: withPeriods,
  }),
  row('maxFreq', {
    group: 'model',
    label: 'Max frequency',
    placeholder: '<p>',
    help: 'longest period, for all layers or for each; that of unit i is min(base · (i + 1), max)',
    type: modelSettings.maxFreq,
    defaultText: '5, then 3',
    onResume: 'fixed',
    when: withPeriods,
  }),
  row('periods', {
    group: 'model',
    label: 'Periods',
    placeholder: '<spec>',
    help: 'periods as a distribution and its numbers, for all layers or, with slashes between them, for each',
    type: modelSettings.periods,
    defaultText: 'capped, with --base-freq and --max-freq',
    explanations: { ...forms(periods), 'list:P,…': 'the given periods, repeated over the units' },
    onResume: 'fixed',
    when: withPeriods,
  }),
  ...hyperparameterSettings(),
  row('norm', {
    group: 'model',
    label: 'Normalization',
    placeholder: '<place>',
    help: 'place of the normalization in a hidden layer',
    explanations: {
      after: 'after the activation, as published',
      before: 'before the activation',
      none: 'nowhere',
    },
    type: modelSettings.norm,
    onResume: 'fixed',
  }),
  row('normKind', {
    group: 'model',
    label: 'Kind of normalization',
    placeholder: '<kind>',
    help: 'what is normalized',
    explanations: { batch: 'each unit over the batch', layer: 'each example over the units of the layer' },
    type: modelSettings.normKind,
    onResume: 'fixed',
    when: { setting: 'norm', is: ['after', 'before'] },
  }),
  row('noise', {
    group: 'model',
    label: 'Noise',
    placeholder: '<σ>',
    help: 'standard deviation of Gaussian noise that training adds to pre-activations',
    type: modelSettings.noise,
    onResume: 'fixed',
  }),
  row('inputNoise', {
    group: 'model',
    label: 'Input noise',
    placeholder: '<σ>',
    help: 'standard deviation of Gaussian noise that training adds to the inputs',
    type: modelSettings.inputNoise,
    onResume: 'fixed',
  }),
  row('skipConnections', {
    group: 'model',
    label: 'Skip connections',
    placeholder: '<yes>',
    help: 'add the input of a hidden layer to its output if they have the same width',
    type: modelSettings.skipConnections,
    onResume: 'fixed',
  }),
  row('standardizeInputs', {
    group: 'model',
    label: 'Standardize inputs',
    placeholder: '<yes>',
    help: 'scale each input by its mean and standard deviation in the training data, which are saved with the model',
    type: modelSettings.standardizeInputs,
    onResume: 'fixed',
  }),
  row('fourierFeatures', {
    group: 'model',
    label: 'Fourier features',
    placeholder: '<spec>',
    help: 'sines and cosines of the inputs in their place, with frequencies that are not trained',
    type: modelSettings.fourierFeatures,
    defaultText: 'none',
    explanations: forms(fourierEncodings),
    onResume: 'fixed',
  }),
  row('maxNorm', {
    group: 'model',
    label: 'Weight norm limit',
    placeholder: '<norm>',
    help: 'largest norm of the incoming weights of a hidden unit; longer ones are shortened to it after each step',
    type: orNone(modelSettings.maxNorm.bounds),
    onResume: 'fixed',
  }),
  row('dropout', {
    group: 'model',
    label: 'Dropout',
    placeholder: '<rate>',
    help: 'probability of dropping a hidden unit in a step',
    type: modelSettings.dropout,
    onResume: 'fixed',
  }),
  row('loss', {
    group: 'model',
    label: 'Loss',
    placeholder: '<name>',
    help: 'error of standardized targets to minimize',
    explanations: {
      squared: 'the mean squared error',
      absolute: 'the mean absolute error, which outliers affect less',
      huber: 'squared up to an error of delta, absolute beyond it',
    },
    type: modelSettings.loss,
    onResume: 'fixed',
    when: withTask('regression'),
  }),
  row('delta', {
    group: 'model',
    label: 'Delta',
    placeholder: '<δ>',
    help: 'error from which the Huber loss is absolute, in standard deviations of the targets',
    type: { kind: 'number', bounds: modelSettings.delta.bounds },
    defaultText: String(modelSettings.delta.default),
    onResume: 'fixed',
    when: { setting: 'loss', is: ['huber'] },
  }),
];

/** The forms of a table's entries with their numbers, such as `geometric:FIRST,LAST`, with their summaries. */
function forms(
  table: Readonly<Record<string, { name: string; summary: string; hyperparameters: object }>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.values(table).map(({ name, hyperparameters, summary }) => {
      const numbers = Object.keys(hyperparameters).map((each) => each.toUpperCase());
      return [[name, numbers.join(',')].filter(Boolean).join(':'), summary];
    }),
  );
}

/** What the activations take: a hyperparameter of one name is one setting, with each activation's own default. */
function hyperparameterSettings(): Setting[] {
  const takers = takersOf(
    Object.values(activations).map(({ name, hyperparameters }) => [name, hyperparameters]),
  );
  return [...takers].map(([name, kinds]) => {
    return row(name, {
      group: 'model',
      label: `Activation: ${name}`,
      placeholder: '<number>',
      help: [...new Set(kinds.map(({ setting }) => setting.summary))].join('; or '),
      type: { kind: 'number', bounds: widest(kinds.map(({ setting }) => setting)) },
      defaultText: defaultsOf(kinds),
      onResume: 'fixed',
      when: {
        setting: 'activation',
        get is() {
          return namesOf(activations, ({ hyperparameters }) => name in hyperparameters);
        },
      },
    });
  });
}

/** The settings of several kinds, by name, each with the kinds that take it. */
function takersOf<T>(
  kinds: readonly (readonly [kind: string, settings: Readonly<Record<string, T>>])[],
): Map<string, { kind: string; setting: T }[]> {
  const takers = new Map<string, { kind: string; setting: T }[]>();
  for (const [kind, settings] of kinds) {
    for (const [name, setting] of Object.entries(settings))
      takers.set(name, [...(takers.get(name) ?? []), { kind, setting }]);
  }
  return takers;
}

const training: Setting[] = [
  row('epochs', {
    group: 'training',
    label: 'Epochs',
    placeholder: count,
    help: 'passes over the training set',
    type: trainingSettings.epochs,
    onResume: 'grow',
  }),
  row('batchSize', {
    group: 'training',
    label: 'Batch size',
    placeholder: count,
    help: 'examples per step',
    type: trainingSettings.batchSize,
    onResume: 'fixed',
  }),
  row('labelSmoothing', {
    group: 'training',
    label: 'Label smoothing',
    placeholder: '<ε>',
    help: 'part of each target that is shared among all classes',
    type: { kind: 'number', bounds: { min: 0, below: 1 }, default: 0 },
    onResume: 'fixed',
    when: withTask('classification'),
  }),
  row('seed', {
    group: 'training',
    label: 'Seed',
    placeholder: count,
    help: 'seed of all that is random, such as initial weights, shuffling, and dropout; the same seed gives the same run',
    type: modelSettings.seed,
    onResume: 'fixed',
  }),
];

const optimizer: Setting[] = [
  row('optimizer', {
    group: 'optimizer',
    label: 'Optimizer',
    placeholder: '<name>',
    help: 'optimizer',
    explanations: explained(optimizers),
    type: { kind: 'choice', choices: Object.keys(optimizers), default: 'adam' },
    onResume: 'fixed',
  }),
  row('learningRate', {
    flag: 'lr',
    group: 'optimizer',
    label: 'Learning rate',
    placeholder: '<rate>',
    help: 'learning rate, the peak of its schedule',
    type: { ...trainingSettings.learningRate, bounds: { above: 0 } },
    defaultText: '0.001; 0.1 for sgd, 0.01 for momentum',
    onResume: 'change',
  }),
  row('weightDecay', {
    group: 'optimizer',
    label: 'Weight decay',
    placeholder: '<λ>',
    help: 'weight decay; decoupled for adamw, otherwise coupled (L2), as published',
    type: { kind: 'number', bounds: { min: 0 }, default: 1e-5 },
    defaultText: '0.00001; 0.01 for adamw, 0 for sgd and momentum',
    onResume: 'change',
  }),
  row('momentum', {
    group: 'optimizer',
    label: 'Momentum',
    placeholder: '<μ>',
    help: 'decay of the sum of earlier updates',
    type: { kind: 'number', bounds: { min: 0, below: 1 } },
    defaultText: '0.9',
    onResume: 'change',
    when: { setting: 'optimizer', is: namesOf(optimizers, ({ settings }) => 'momentum' in settings) },
  }),
  row('clipNorm', {
    group: 'optimizer',
    label: 'Gradient norm limit',
    placeholder: '<norm>',
    help: 'largest norm of all gradients together; larger ones are scaled down to it',
    type: orNone({ above: 0 }),
    onResume: 'fixed',
  }),
  row('freqScaleFactor', {
    group: 'optimizer',
    label: 'Frequency scale factor',
    placeholder: '<f>',
    help: 'factor f: units of period p learn at 1/(1 + f·p) of the rate; 0 for the same rate everywhere',
    type: { kind: 'number', bounds: { min: 0 }, default: 0.1 },
    onResume: 'change',
  }),
  row('freqScale', {
    group: 'optimizer',
    label: 'Frequency scale',
    placeholder: '<what>',
    help: 'what the factor scales',
    explanations: {
      gradient: 'the gradient, as published, which Adam largely undoes',
      update: 'the update, which takes effect with Adam too',
    },
    type: { kind: 'choice', choices: ['gradient', 'update'], default: 'gradient' },
    onResume: 'change',
  }),
];

const schedule: Setting[] = [
  row('schedule', {
    group: 'schedule',
    label: 'Schedule',
    placeholder: '<name>',
    help: 'how the learning rate changes',
    explanations: {
      plateau: 'drops to a tenth when the training loss has not fallen for three epochs',
      ...explained(schedules),
    },
    type: {
      kind: 'choice',
      /** Those of `registerSchedule` among them. */
      get choices() {
        return scheduleNames();
      },
      default: 'plateau',
    },
    onResume: 'change',
  }),
  ...scheduleSettings(),
];

/** What the kinds of schedule take: a setting of one name is one setting, with each kind's own default. */
function scheduleSettings(): Setting[] {
  const takers = takersOf<ScheduleSetting>(
    Object.entries(schedules).map(([kind, { settings }]) => [kind, settings]),
  );
  return [...takers].map(([name, kinds]) => {
    const [{ setting }] = kinds;
    const own = name === 'warmup' ? name : `schedule${name[0].toUpperCase()}${name.slice(1)}`;
    return row(own, {
      group: 'schedule',
      label: name === 'warmup' ? 'Warm-up' : `Schedule: ${name}`,
      placeholder: setting.isLength ? '<length>' : '<factor>',
      help: uncapitalized(setting.summary),
      // What at least one kind allows; the schedule itself checks the rest.
      type: { kind: 'number', bounds: widest(kinds.map(({ setting }) => setting.bounds)) },
      defaultText: defaultsOf(kinds),
      onResume: 'change',
      when: { setting: 'schedule', is: kinds.map(({ kind }) => kind) },
    });
  });
}

/** The defaults of the kinds, the most frequent one first: "0; 0.3 for one-cycle". */
function defaultsOf(kinds: readonly { kind: string; setting: { readonly default?: number } }[]): string {
  const byDefault = new Map<number | undefined, string[]>();
  for (const { kind, setting } of kinds)
    byDefault.set(setting.default, [...(byDefault.get(setting.default) ?? []), kind]);
  const [[usual], ...others] = [...byDefault].sort(([, a], [, b]) => b.length - a.length);
  const text = (value: number | undefined) =>
    value === undefined ? 'none' : String(Number(value.toPrecision(3)));
  const exceptions = others.flatMap(([value, names]) => names.map((name) => `${text(value)} for ${name}`));
  return [text(usual), exceptions.join(', ')].filter(Boolean).join('; ');
}

/**
 * All settings of an experiment, in the order in which they are presented. Command lines, forms, configuration files, and the
 * check of saved runs are derived from them.
 */
export const settings: readonly Setting[] = [...model, ...training, ...optimizer, ...schedule];

const tables: Readonly<Record<string, Readonly<Record<string, { title?: string }>>>> = {
  activation: activations,
  optimizer: optimizers,
};

/**
 * How people write a choice of a setting: `ReLU` for the activation `relu`; the choice itself where it has no other spelling.
 *
 * @param setting the name of a setting: `activation`.
 */
export const choiceTitle = (setting: string, choice: string): string =>
  (Object.hasOwn(tables, setting) && tables[setting][choice]?.title) || choice;
