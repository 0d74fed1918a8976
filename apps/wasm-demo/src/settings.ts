import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { type Activation, type HarmonicMLPOptions, resolveConfig } from 'harmonic-mlp';

/** What defines a run, with the command line's names and defaults. */
export interface Settings {
  hidden: number[];
  activation: Activation;
  'base-freq': number[];
  /** Empty for the published experiment's: 5 for the first layer, 3 for the others. */
  'max-freq': number[];
  residual: number;
  dropout: number;
  epochs: number;
  'batch-size': number;
  lr: number;
  schedule: 'plateau' | 'constant';
  'weight-decay': number;
  'freq-scale': 'gradient' | 'update';
  'freq-scale-factor': number;
  seed: number;
  /** In the order of which the first epoch goes through the images. */
  'first-epoch': 'arrival' | 'shuffled';
  /** Whether a network of the other activation is trained beside. */
  compare: boolean;
}

export type SettingName = keyof Settings;

/** One setting as people see it. */
export interface Field<Value = unknown> {
  label: string;
  hint: string;
  /** What its text is by default. */
  initial: string;
  /** The texts to choose from, and what to call them. */
  choices?: Record<string, string>;
  /** Whether it is a list, in which commas separate. */
  isList?: boolean;
  /** What to show where there is no text. */
  placeholder?: string;
  /** The keys that a phone offers. */
  inputMode?: 'numeric' | 'decimal' | 'text';
  parse(text: string): Value;
}

type Bounds = Parameters<typeof requireNumber>[2];

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const parseNumber = (label: string, text: string, bounds: Bounds) => {
  const trimmed = text.trim();
  return requireNumber(label, decimal.test(trimmed) ? Number(trimmed) : trimmed, bounds);
};

const number = (label: string, initial: string, bounds: Bounds, hint: string): Field<number> => ({
  label,
  hint,
  initial,
  inputMode: bounds.integer ? 'numeric' : 'decimal',
  parse: (text) => parseNumber(label, text, bounds),
});

/** @param none the text that stands for an empty list. */
const list = (
  label: string,
  initial: string,
  bounds: Bounds,
  hint: string,
  none?: string,
  placeholder?: string,
): Field<number[]> => ({
  label,
  hint,
  initial,
  placeholder,
  inputMode: 'text',
  isList: true,
  parse(text) {
    if (text.trim() === none) return [];
    return text
      .trim()
      .split(/[\s,;]+/)
      .map((part) => parseNumber(label, part, bounds));
  },
});

const choice = <Name extends string>(
  label: string,
  choices: Record<Name, string>,
  hint: string,
): Field<Name> => ({
  label,
  hint,
  choices,
  initial: Object.keys(choices)[0],
  parse(text) {
    if (Object.hasOwn(choices, text)) return text as Name;
    const allowed = Object.keys(choices).join(', ');
    throw new HarmonicError('INVALID_ARGUMENT', `${label} is "${text}"; it must be one of ${allowed}.`);
  },
});

const toggle = (label: string, hint: string): Field<boolean> => ({
  label,
  hint,
  initial: 'no',
  choices: { no: 'no', yes: 'yes' },
  parse: (text) => choice(label, { no: '', yes: '' }, '').parse(text) === 'yes',
});

/** All settings, in the order in which they are shown. */
export const fields: { readonly [Name in SettingName]: Field<Settings[Name]> } = {
  hidden: list(
    'Hidden units',
    '512, 256',
    { integer: true, min: 1, max: 65_536 },
    'The units of each hidden layer, from the input on; none for a linear classifier.',
    'none',
  ),
  activation: choice<Activation>(
    'Activation',
    { harmonic: 'harmonic', relu: 'ReLU', linear: 'linear' },
    'harmonic: sin(2πz/p) + r·z; ReLU: max(0, z); linear: z.',
  ),
  'base-freq': list(
    'Base frequency',
    '1',
    { min: 1e-3, max: 1e3 },
    'The period p of a layer’s first unit, for all layers or for each. The experiment calls it a frequency, but divides by it.',
  ),
  'max-freq': list(
    'Max frequency',
    '',
    { min: 1e-3, max: 1e3 },
    'The longest period of a layer, for all or for each. Unit i has min(base · (i + 1), max).',
    '',
    '5, then 3',
  ),
  residual: number(
    'Residual r',
    '0.1',
    { min: -10, max: 10 },
    'The part of z that is added to the sine; 0 leaves the sine alone.',
  ),
  dropout: number(
    'Dropout',
    '0.2',
    { min: 0, max: 0.95 },
    'The fraction of hidden units that is left out, at random, in each step.',
  ),
  lr: number('Learning rate', '0.001', { above: 0, max: 10 }, 'How far Adam moves a weight in a step.'),
  schedule: choice(
    'Schedule',
    { plateau: 'on plateau', constant: 'constant' },
    'on plateau: a tenth of the rate when the training loss has not fallen for three epochs.',
  ),
  'batch-size': number('Batch size', '128', { integer: true, min: 2, max: 10_000 }, 'The images in a step.'),
  epochs: number(
    'Epochs',
    '15',
    { integer: true, min: 1, max: 1000 },
    'How often the network sees all training images.',
  ),
  'weight-decay': number(
    'Weight decay',
    '1e-5',
    { min: 0, max: 1 },
    'Coupled (L2) decay, as in the published experiment.',
  ),
  'freq-scale': choice(
    'Frequency scaling',
    { gradient: 'gradient', update: 'update' },
    'Units of period p learn by 1/(1 + f·p). Scaling the gradient is as published, and Adam undoes it; scaling the update acts.',
  ),
  'freq-scale-factor': number(
    'Scaling factor f',
    '0.1',
    { min: 0, max: 100 },
    '0 lets all units learn alike.',
  ),
  seed: number(
    'Seed',
    '0',
    { integer: true, min: 0 },
    'Initial weights, order of images and dropout are drawn from it: the same seed gives the same run.',
  ),
  'first-epoch': choice(
    'First epoch',
    { arrival: 'on arrival', shuffled: 'shuffled' },
    'on arrival: starts at once with the images that are there, shuffled within each 5,000; shuffled: waits for all 60,000, and is the command line’s run to the digit.',
  ),
  compare: toggle(
    'Compare',
    'Trains a network of the same size, on the same batches, with ReLU instead (or harmonic, beside ReLU).',
  ),
};

export const settingNames = Object.keys(fields) as SettingName[];

/** The settings as they are typed. */
export type Texts = Record<SettingName, string>;

export const initialTexts = Object.fromEntries(
  settingNames.map((name) => [name, fields[name].initial]),
) as Texts;

/** The settings, or what is wrong with which. */
export function parseSettings(texts: Texts): {
  settings?: Settings;
  problems: Partial<Record<SettingName, string>>;
} {
  const problems: Partial<Record<SettingName, string>> = {};
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    try {
      values[name] = fields[name].parse(texts[name]);
    } catch (error) {
      problems[name] = (error as Error).message;
    }
  }
  const layers = (values.hidden as number[] | undefined)?.length;
  for (const name of ['base-freq', 'max-freq'] as const) {
    const count = (values[name] as number[] | undefined)?.length ?? 0;
    if (layers !== undefined && count > 1 && count !== layers) {
      problems[name] =
        `${fields[name].label} has ${count} values for ${layers} hidden ${layers === 1 ? 'layer' : 'layers'}; give one for all, or one for each.`;
    }
  }
  if (Object.keys(problems).length > 0) return { problems };
  const settings = values as unknown as Settings;
  try {
    resolveConfig(modelOptions(settings));
  } catch (error) {
    // Each setting is within its bounds, but together the layers are too large.
    return { problems: { hidden: (error as Error).message } };
  }
  return { settings, problems };
}

/** The options of the network that settings describe. */
export function modelOptions(settings: Settings): HarmonicMLPOptions {
  const { hidden, activation, residual, dropout, seed } = settings;
  const onlyOrEach = (values: number[]) => (values.length === 1 ? values[0] : values);
  return {
    hidden,
    activation,
    baseFreq: onlyOrEach(settings['base-freq']),
    maxFreq: settings['max-freq'].length === 0 ? undefined : onlyOrEach(settings['max-freq']),
    residual,
    dropout,
    seed,
  };
}

/** What would be typed for settings. */
export function textsOf(settings: Partial<Settings>): Partial<Texts> {
  const texts: Partial<Texts> = {};
  const published = settings.hidden?.map((_, i) => (i === 0 ? 5 : 3));
  for (const name of settingNames) {
    const value = settings[name];
    if (value === undefined) continue;
    const { initial, parse } = fields[name];
    const isInitial = String(parse(initial)) === String(value);
    if (isInitial || (name === 'max-freq' && String(value) === String(published))) texts[name] = initial;
    else if (Array.isArray(value) && value.length === 0) texts[name] = name === 'hidden' ? 'none' : initial;
    else if (Array.isArray(value)) {
      const isForAll = name !== 'hidden' && value.every((each) => each === value[0]);
      texts[name] = (isForAll ? value.slice(0, 1) : value).join(', ');
    } else texts[name] = typeof value === 'boolean' ? 'yes' : String(value);
  }
  return texts;
}

/** The texts that are not the defaults, as the query of an address. */
export function toQuery(texts: Texts): string {
  const query = new URLSearchParams();
  for (const name of settingNames) {
    const text = texts[name].trim();
    if (text === fields[name].initial) continue;
    query.set(name, fields[name].isList ? text.replace(/\s*[,;]\s*|\s+/g, ',') : text);
  }
  // Commas need no escape in a query, and are easier to read.
  return query.toString().replaceAll('%2C', ',');
}

/** What others add to addresses, to know where visitors come from. */
const campaign = /^(utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|ref)$/;

/** The texts of an address; what it does not mention, or gives no sense, is the default. */
export function fromQuery(query: string): { texts: Texts; ignored: string[] } {
  const texts = { ...initialTexts };
  const ignored: string[] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(fields, name)) {
      if (!campaign.test(name)) ignored.push(`There is no setting "${name}".`);
      continue;
    }
    const key = name as SettingName;
    try {
      fields[key].parse(value);
      texts[key] = fields[key].isList ? value.replaceAll(',', ', ') : value;
    } catch (error) {
      ignored.push((error as Error).message);
    }
  }
  return { texts, ignored };
}
