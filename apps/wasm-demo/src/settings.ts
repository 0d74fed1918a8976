import { type Bounds, HarmonicError } from '@harmonic-mlp/core';
import { type Activation, resolveConfig } from 'harmonic-mlp';
import {
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

/** In which order the first epoch takes the images. */
export const firstEpoch: Setting = {
  name: 'firstEpoch',
  flag: 'first-epoch',
  group: 'page',
  label: 'First epoch',
  placeholder: '<order>',
  help: 'order of its images: arrival starts at once with those that are there, shuffled within each 5,000; shuffled waits for all 60,000, and is the command line’s run to the digit',
  type: { kind: 'choice', choices: ['arrival', 'shuffled'], default: 'arrival' },
  onResume: 'fixed',
};

/** Whether a network of another activation is trained beside. */
const compare: Setting = {
  name: 'compare',
  flag: 'compare',
  group: 'page',
  label: 'Compare',
  placeholder: '<yes>',
  help: 'trains a network of the same size, on the same batches, with ReLU instead (or harmonic, beside another)',
  type: { kind: 'flag', default: false },
  onResume: 'change',
};

/** What a tab can manage and its pictures can show, where the table allows more. */
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

/** A setting as people see it in the form. */
export interface Field extends Setting {
  hint: string;
  /** What its text is by default; empty where the setting may be left out. */
  initial: string;
}

const typed = (value: unknown): string => formatSetting(value).replaceAll(',', ', ');

const fieldOf = (setting: Setting): Field => {
  const { name, help, defaultText, explanations = {} } = setting;
  const type = narrowed(name, setting.type);
  const choices = Object.entries(explanations).map(([choice, text]) => `; ${choice}: ${text}`);
  const sentence = `${help[0].toUpperCase()}${help.slice(1)}${choices.join('')}.`;
  return {
    ...setting,
    type,
    hint: defaultText === undefined ? sentence : `${sentence} Default: ${defaultText}.`,
    initial: type.default === undefined ? '' : typed(type.default),
  };
};

/** All settings, in the table's order, and then the page's own. */
export const fields: readonly Field[] = [...table, firstEpoch, compare].map(fieldOf);

/** The settings as they are typed, by their names. */
export type Texts = Readonly<Record<string, string>>;

export const initialTexts: Texts = Object.fromEntries(fields.map(({ name, initial }) => [name, initial]));

/** Whether a setting is of use beside the others. One of two networks that are compared is harmonic. */
export const isOfUse = ({ when }: Setting, texts: Texts): boolean =>
  when === undefined ||
  when.is.includes(texts[when.setting]) ||
  (when.setting === 'activation' && texts.compare === 'yes');

const isList = ({ type }: Setting) => type.kind === 'list' || type.kind === 'perLayer';

const valueIn = ({ label, type, initial }: Field, text: string): unknown =>
  text.trim() === '' && initial === '' ? undefined : parseSetting(label, text, type);

/** The field of an option of the packages; a schedule calls its settings by shorter names. */
const fieldNamed = (option: string): Field | undefined => {
  const names = [option, `schedule${option}`].map((name) => name.toLowerCase());
  return fields.find(({ name }) => names.includes(name.toLowerCase()));
};

/** The settings, or what is wrong with which. */
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
    // Each is within its bounds, but they do not go together.
    if (!HarmonicError.is(error)) throw error;
    const { name } = fieldNamed(error.argument ?? '') ?? fields[0];
    return { problems: { [name]: error.describe((option) => fieldNamed(option)?.label) } };
  }
  return { settings: values as Settings, problems };
}

/** What would be typed for settings. */
export function textsOf(settings: Partial<Settings>): Texts {
  // Files have the periods of each layer, also where nobody gave any.
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

/** What is not the default, by the names that addresses and command lines have for it. */
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
  // Commas need no escape in a query, and are easier to read.
  return query.toString().replaceAll('%2C', ',');
}

/** What others add to addresses, to know where visitors come from. */
const campaign = /^(utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|ref)$/;

/** The texts of an address; what it does not mention, or gives no sense, is the default. */
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

/** Addresses of earlier releases may have integers as 1e3. */
const inDigits = ({ type }: Field, text: string): string =>
  'bounds' in type && type.bounds.integer
    ? text.replace(/\d+(\.\d*)?e\+?\d+/gi, (number) => String(Number(number)))
    : text;
