import { optimizers, type ScheduleSetting, schedules } from '@harmonic-mlp/freq-optimizer';
import { activations } from '@harmonic-mlp/harmonic-layer';
import { modelSettings } from '../model';
import { scheduleNames, trainingSettings } from '../training';
import type { Setting } from './setting';

/** The entries of a table, each with what it says of itself. */
const listed = (table: Readonly<Record<string, { name: string; summary: string }>>) =>
  Object.values(table)
    .map(({ name, summary }) => `${name}: ${uncapitalized(summary)}`)
    .join('; ');

/** A sentence as a part of another one; a formula or an abbreviation that it begins with stays. */
function uncapitalized(sentence: string): string {
  const words = sentence.endsWith('.') ? sentence.slice(0, -1) : sentence;
  return /[a-z ]/.test(words[1]) ? words[0].toLowerCase() + words.slice(1) : words;
}

/** A row, with what follows from its name. */
const row = (
  name: string,
  {
    flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    ...rest
  }: Omit<Setting, 'name' | 'flag'> & { flag?: string },
): Setting => ({ name, flag, ...rest });

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
  get is() {
    return namesOf(activations, ({ hasPeriods }) => hasPeriods);
  },
};

const model: Setting[] = [
  row('hidden', {
    group: 'model',
    label: 'Hidden units',
    placeholder: '<sizes>',
    help: 'units of each hidden layer, from the input on; none for a linear model',
    type: modelSettings.hidden,
    onResume: 'fixed',
  }),
  row('activation', {
    group: 'model',
    label: 'Activation',
    placeholder: '<name>',
    help: `activation of the hidden layers; ${listed(activations)}`,
    type: modelSettings.activation,
    onResume: 'fixed',
  }),
  row('baseFreq', {
    group: 'model',
    label: 'Base frequency',
    placeholder: '<p>',
    help: 'period of the first unit, for all layers or for each (the experiment calls it a frequency, but divides by it)',
    type: modelSettings.baseFreq,
    onResume: 'fixed',
    when: withPeriods,
  }),
  row('maxFreq', {
    group: 'model',
    label: 'Max frequency',
    placeholder: '<p>',
    help: 'longest period, for all layers or for each; unit i has min(base · (i + 1), max)',
    type: modelSettings.maxFreq,
    defaultText: '5, then 3',
    onResume: 'fixed',
    when: withPeriods,
  }),
  row('residual', {
    group: 'model',
    label: 'Residual r',
    placeholder: '<r>',
    help: 'share of z that is added to the sine; 0 leaves the sine alone',
    type: modelSettings.residual,
    onResume: 'fixed',
    when: {
      setting: 'activation',
      get is() {
        return namesOf(activations, ({ hyperparameters }) => 'residual' in hyperparameters);
      },
    },
  }),
  row('dropout', {
    group: 'model',
    label: 'Dropout',
    placeholder: '<rate>',
    help: 'probability of dropping a hidden unit in a step',
    type: modelSettings.dropout,
    onResume: 'fixed',
  }),
];

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
    help: 'examples in a step',
    type: trainingSettings.batchSize,
    onResume: 'fixed',
  }),
  row('seed', {
    group: 'training',
    label: 'Seed',
    placeholder: count,
    help: 'seed of the initial weights, the shuffles and dropout: the same seed gives the same run',
    type: modelSettings.seed,
    onResume: 'fixed',
  }),
];

const optimizer: Setting[] = [
  row('optimizer', {
    group: 'optimizer',
    label: 'Optimizer',
    placeholder: '<name>',
    help: `optimizer; ${listed(optimizers)}`,
    type: { kind: 'choice', choices: Object.keys(optimizers), default: 'adam' },
    onResume: 'fixed',
  }),
  row('learningRate', {
    flag: 'lr',
    group: 'optimizer',
    label: 'Learning rate',
    placeholder: '<rate>',
    help: 'learning rate, at which a schedule begins or to which it rises; by default 0.1 for sgd and 0.01 for momentum',
    type: { ...trainingSettings.learningRate, bounds: { above: 0 } },
    onResume: 'change',
  }),
  row('weightDecay', {
    group: 'optimizer',
    label: 'Weight decay',
    placeholder: '<λ>',
    help: 'weight decay: coupled (L2), as published, or decoupled for adamw; by default 0.01 for adamw and 0 for sgd and momentum',
    type: { kind: 'number', bounds: { min: 0 }, default: 1e-5 },
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
    help: 'limit for the norm of all gradients together',
    type: { kind: 'number', bounds: { above: 0 } },
    defaultText: 'none',
    onResume: 'fixed',
  }),
  row('freqScaleFactor', {
    group: 'optimizer',
    label: 'Frequency scale factor',
    placeholder: '<f>',
    help: 'units of period p learn by 1/(1 + f·p); 0 lets all units learn alike',
    type: { kind: 'number', bounds: { min: 0 }, default: 0.1 },
    onResume: 'change',
  }),
  row('freqScale', {
    group: 'optimizer',
    label: 'Frequency scale',
    placeholder: '<what>',
    help: 'what the factor scales: the gradient, as published, which Adam undoes; or the update, which acts',
    type: { kind: 'choice', choices: ['gradient', 'update'], default: 'gradient' },
    onResume: 'change',
  }),
];

const schedule: Setting[] = [
  row('schedule', {
    group: 'schedule',
    label: 'Schedule',
    placeholder: '<name>',
    help: `what becomes of the learning rate; plateau: a tenth when the training loss has not fallen for three epochs; ${listed(schedules)}`,
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
  const takers = new Map<string, { kind: string; setting: ScheduleSetting }[]>();
  for (const [kind, { settings }] of Object.entries(schedules)) {
    for (const [name, setting] of Object.entries(settings as Record<string, ScheduleSetting>))
      takers.set(name, [...(takers.get(name) ?? []), { kind, setting }]);
  }
  return [...takers].map(([name, kinds]) => {
    const [{ setting }] = kinds;
    const own = name === 'warmup' ? name : `schedule${name[0].toUpperCase()}${name.slice(1)}`;
    const words = kinds.map(({ kind, setting }) => `${kind} ${Number(setting.default.toPrecision(3))}`);
    const isOne = new Set(kinds.map((each) => each.setting.default)).size === 1;
    return row(own, {
      group: 'schedule',
      label: name === 'warmup' ? 'Warm-up' : `Schedule: ${name}`,
      placeholder: setting.isLength ? '<length>' : '<factor>',
      help: uncapitalized(setting.summary),
      type: { kind: 'number', bounds: { ...setting.bounds } },
      defaultText: isOne ? String(Number(setting.default.toPrecision(3))) : words.join(', '),
      onResume: 'change',
      when: { setting: 'schedule', is: kinds.map(({ kind }) => kind) },
    });
  });
}

/**
 * Every setting of an experiment, in the order in which people are shown them: what command lines, forms, configuration
 * files, the check of saved runs and the axes of sweeps are made of.
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
