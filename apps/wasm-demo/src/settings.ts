import { type Bounds, HarmonicError } from '@harmonic-mlp/core';
import { type Activation, resolveConfig } from 'harmonic-mlp';
import {
  applies,
  formatSetting,
  modelOptions,
  parseSetting,
  type Setting,
  type SettingType,
  type SettingValues,
  scheduleOption,
  settings as table,
} from 'harmonic-mlp/settings';

/** The values that define a run; those that the page reads itself have their types. */
export interface Settings extends SettingValues {
  hidden: number[];
  activation: Activation;
  residual: number;
  epochs: number;
  batchSize: number;
  seed: number;
  firstEpoch: 'arrival' | 'shuffled';
  compare: boolean;
  [name: string]: unknown;
}

/** The order of the images in the first epoch. */
export const firstEpoch: Setting = {
  name: 'firstEpoch',
  flag: 'first-epoch',
  group: 'page',
  label: 'First epoch',
  placeholder: '<order>',
  help: 'order of its images: arrival starts immediately with the images that have arrived, shuffled within each 5,000; shuffled waits for all 60,000, and matches the command line’s run to the digit',
  type: { kind: 'choice', choices: ['arrival', 'shuffled'], default: 'arrival' },
  onResume: 'fixed',
};

/** Whether a network with another activation is trained alongside. */
const compare: Setting = {
  name: 'compare',
  flag: 'compare',
  group: 'page',
  label: 'Compare',
  placeholder: '<yes>',
  help: 'trains a second network of the same size, on the same batches, with ReLU (or harmonic, if this one is not)',
  type: { kind: 'flag', default: false },
  onResume: 'change',
};

/** Bounds for what a tab can handle and its pictures can show, where the table allows more. */
const narrower: Record<string, Bounds> = {
  hidden: { max: 65_536 },
  baseFreq: { min: 1e-3, max: 1e3 },
  maxFreq: { min: 1e-3, max: 1e3 },
  residual: { min: -10, max: 10 },
  epochs: { max: 1000 },
  batchSize: { min: 2, max: 10_000 },
  learningRate: { max: 10 },
  weightDecay: { max: 1 },
  freqScaleFactor: { max: 100 },
};

const narrowed = (name: string, type: SettingType): SettingType =>
  'bounds' in type ? { ...type, bounds: { ...type.bounds, ...narrower[name] } } : type;

/** A setting as it appears in the form. */
export interface Field extends Setting {
  /** Its default text; empty if the setting may be omitted. */
  initial: string;
}

const typed = (value: unknown): string => formatSetting(value).replaceAll(',', ', ');

const fieldOf = (setting: Setting): Field => {
  const type = narrowed(setting.name, setting.type);
  return { ...setting, type, initial: type.default === undefined ? '' : typed(type.default) };
};

/** The most choices that are all explained; of more, only the current one is. */
const mostExplained = 8;

/** What a field is for, its default, and its choices. */
export function hintOf({ help, defaultText, explanations = {} }: Field, text: string): string {
  const all = Object.entries(explanations);
  const shown = all.length > mostExplained ? all.filter(([choice]) => choice === text) : all;
  const choices = shown.map(([choice, meaning]) => `; ${choice}: ${meaning}`);
  const sentence = `${help[0].toUpperCase()}${help.slice(1)}${choices.join('')}.`;
  return defaultText === undefined ? sentence : `${sentence} Default: ${defaultText}.`;
}

/** All settings, in the table's order, and then the page's own. */
export const fields: readonly Field[] = [...table, firstEpoch, compare].map(fieldOf);

/** The settings as typed, by name. */
export type Texts = Readonly<Record<string, string>>;

export const initialTexts: Texts = Object.fromEntries(fields.map(({ name, initial }) => [name, initial]));

/** Whether a setting is relevant given the others. One of two networks being compared is harmonic. */
export const isOfUse = (setting: Setting, texts: Texts): boolean =>
  applies(setting, texts) || (setting.when?.setting === 'activation' && texts.compare === 'yes');

const isList = ({ type }: Setting) => type.kind === 'list' || type.kind === 'perLayer';

const valueIn = ({ label, type, initial }: Field, text: string): unknown =>
  text.trim() === '' && initial === '' ? undefined : parseSetting(label, text, type);

/** The field for an option of the packages; a schedule uses shorter names for its settings. */
const fieldNamed = (option: string): Field | undefined => {
  const names = [option, `schedule${option}`].map((name) => name.toLowerCase());
  return fields.find(({ name }) => names.includes(name.toLowerCase()));
};

/** The settings, or the problem with each invalid one. */
export function parseSettings(texts: Texts): { settings?: Settings; problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const { name, initial } = field;
    try {
      const value = valueIn(field, isOfUse(field, texts) ? texts[name] : initial);
      if (value !== undefined) values[name] = value;
    } catch (error) {
      problems[name] = (error as Error).message;
    }
  }
  if (Object.keys(problems).length > 0) return { problems };
  try {
    resolveConfig(modelOptions(values));
    scheduleOption(values);
  } catch (error) {
    // Each is within its bounds, but they do not work together.
    if (!HarmonicError.is(error)) throw error;
    const { name } = fieldNamed(error.argument ?? '') ?? fields[0];
    return { problems: { [name]: error.describe((option) => fieldNamed(option)?.label) } };
  }
  return { settings: values as Settings, problems };
}

/** The texts that a user would type for the settings. */
export function textsOf(settings: Partial<Settings>): Texts {
  // Files have the periods of each layer, even if nobody specified any.
  const usual: SettingValues = { ...resolveConfig({ hidden: settings.hidden }) };
  const known = fields.filter(({ name }) => settings[name] !== undefined);
  return Object.fromEntries(
    known.map(({ name, type, initial }) => {
      const value = settings[name];
      if (type.kind !== 'perLayer' || !Array.isArray(value)) return [name, typed(value)];
      if (String(value) === String(usual[name])) return [name, initial];
      return [name, typed(value.every((each) => each === value[0]) ? value[0] : value)];
    }),
  );
}

/** The settings that differ from the default, by their names in addresses and on the command line. */
export const changed = (texts: Texts): { field: Field; text: string }[] =>
  fields
    .map((field) => ({ field, text: texts[field.name].trim() }))
    .filter(({ field, text }) => text !== field.initial && isOfUse(field, texts))
    .map(({ field, text }) => ({
      field,
      text: isList(field) ? text.replace(/\s*[,;]\s*|\s+/g, ',') : text,
    }));

/** The query of an address. */
export function toQuery(texts: Texts): string {
  const query = new URLSearchParams(changed(texts).map(({ field, text }) => [field.flag, text]));
  // Commas need no escaping in a query and are easier to read.
  return query.toString().replaceAll('%2C', ',');
}

/** Parameters that others add to addresses to track where visitors come from. */
const campaign = /^(utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|ref)$/;

/** The texts in an address; anything missing or invalid gets the default. */
export function fromQuery(query: string): { texts: Texts; ignored: string[] } {
  const texts: Record<string, string> = { ...initialTexts };
  const ignored: string[] = [];
  for (const [flag, given] of new URLSearchParams(query)) {
    const field = fields.find((each) => each.flag === flag);
    if (field === undefined) {
      if (!campaign.test(flag)) ignored.push(`There is no setting "${flag}".`);
      continue;
    }
    const text = inDigits(field, given);
    try {
      valueIn(field, text);
      texts[field.name] = isList(field) ? text.replaceAll(',', ', ') : text;
    } catch (error) {
      ignored.push((error as Error).message);
    }
  }
  return { texts, ignored };
}

/** Addresses from earlier releases may contain integers such as 1e3. */
const inDigits = ({ type }: Field, text: string): string =>
  'bounds' in type && type.bounds.integer
    ? text.replace(/\d+(\.\d*)?e\+?\d+/gi, (number) => String(Number(number)))
    : text;
