import { type Bounds, HarmonicError } from '@harmonic-mlp/core';
import { activations } from '@harmonic-mlp/harmonic-layer';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { type Activation, type PresetName, resolveConfig } from 'harmonic-mlp';
import { madeDataSettings } from 'harmonic-mlp/made-data';
import {
  applies,
  defaultValues,
  formatSetting,
  modelOptions,
  parseSetting,
  presetNames,
  presetSettings,
  type Setting,
  type SettingType,
  type SettingValues,
  scheduleOption,
  settings as table,
} from 'harmonic-mlp/settings';
import { type DataChoice, datasetNames, isMade, modelForm, ownDefaults, taskOf } from './dataset';
import { type BackendName, backend, compare, dataset, firstEpoch, preset } from './page-settings';

/** The values that define a run; those that the page reads itself have their types. */
export interface Settings extends SettingValues, DataChoice {
  hidden: number[];
  activation: Activation;
  residual: number;
  epochs: number;
  batchSize: number;
  seed: number;
  /** For MNIST. */
  firstEpoch?: 'arrival' | 'shuffled';
  compare: boolean;
  backend: BackendName;
  [name: string]: unknown;
}

/** Bounds for what a tab can handle and its pictures can show, where the table allows more. */
const narrower: Record<string, Bounds> = {
  examples: { min: 2, max: 10_000 },
  dataNoise: { max: 10 },
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
  /** Its default text, with MNIST; empty if the setting may be omitted. */
  initial: string;
}

const typed = (value: unknown): string =>
  typeof value === 'string' ? value : formatSetting(value).replaceAll(',', ', ');

/** Where a form asks in another way than a command line. */
const asked: Readonly<Record<string, Partial<Setting>>> = {
  periods: { help: 'periods of the units', defaultText: undefined },
};

const fieldOf = (setting: Setting): Field => {
  const type = narrowed(setting.name, setting.type);
  const initial = type.default === undefined ? '' : typed(type.default);
  return { ...setting, ...asked[setting.name], type, initial };
};

/** The most choices that are all explained; of more, only the current one is. */
const mostExplained = 6;

/** What a field is for, its default, and its choices. */
export function hintOf({ name, help, defaultText, explanations = {} }: Field, texts: Texts): string {
  const text = texts[name];
  if (name === 'periods' && isProposed(texts))
    return 'Periods of the units; proposed: from about twice the range of the inputs to the finest detail of the targets, which is measured.';
  const all = Object.entries(explanations);
  // Those of periods are forms, such as `geometric:FIRST,LAST`.
  const kindOf = (choice: string) => choice.split(':')[0];
  const chosen = name === 'periods' && isCapped(texts) ? 'capped' : kindOf(text);
  const shown = all.length > mostExplained ? all.filter(([choice]) => kindOf(choice) === chosen) : all;
  const choices = shown.map(([choice, meaning]) => `; ${kindOf(choice)}: ${meaning}`);
  const sentence = `${help[0].toUpperCase()}${help.slice(1)}${choices.join('')}.`;
  return defaultText === undefined ? sentence : `${sentence} Default: ${defaultText}.`;
}

/** The data set, the settings of the table in its order, and the page's own. */
export const fields: readonly Field[] = [
  dataset,
  preset,
  ...Object.values(madeDataSettings),
  ...table,
  firstEpoch,
  compare,
  backend,
].map(fieldOf);

/** The settings as typed, by name. */
export type Texts = Readonly<Record<string, string>>;

/** The published experiment, on MNIST. */
export const initialTexts: Texts = Object.fromEntries(fields.map(({ name, initial }) => [name, initial]));

/**
 * The settings that suit a data set; a preset is for those that are not made.
 *
 * @param chosen what decides which settings of the preset are of use: its periods belong to its activation.
 */
export const initialTextsFor = (
  dataset: string,
  preset: string = 'recommended',
  chosen: Texts = {},
): Texts => ({
  ...initialTexts,
  ...(isMade(dataset)
    ? ownDefaults(dataset)
    : textsOf(presetSettings(preset as PresetName, decisive(chosen)))),
  dataset,
  preset,
});

/** The texts on which other settings of a preset depend. */
function decisive({ activation, optimizer, ...others }: Texts): SettingValues {
  const capped = ofCapped.filter((name) => ![undefined, initialTexts[name]].includes(others[name]));
  return { activation, optimizer, ...Object.fromEntries(capped.map((name) => [name, others[name]])) };
}

/** The texts with other ones, on which defaults depend: those that are not defaults were chosen, and stay. */
function rebased(texts: Texts, others: Texts): Texts {
  const before = initialTextsFor(texts.dataset, texts.preset, texts);
  const chosen = Object.fromEntries(Object.entries(texts).filter(([name, text]) => text !== before[name]));
  const all: Texts = { ...chosen, dataset: texts.dataset, preset: texts.preset, ...others };
  return { ...initialTextsFor(all.dataset, all.preset, all), ...all };
}

/** Settings on which the defaults of others depend. */
const deciding: readonly string[] = [dataset.name, preset.name, 'activation'];

/** The texts with another one. */
export function withText(texts: Texts, name: string, text: string): Texts {
  if (deciding.includes(name)) return rebased(texts, { [name]: text });
  const isChoiceOfProposal = name === 'periods' && text === '' && isMade(texts.dataset);
  return { ...texts, [name]: text, ...(isChoiceOfProposal && initialOfCapped) };
}

/** The settings that mean capped periods, which are those of no other distribution. */
const ofCapped = ['baseFreq', 'maxFreq'];
const initialOfCapped = Object.fromEntries(ofCapped.map((name) => [name, initialTexts[name]]));

/** Whether the periods are proposed from the data: those of made data, unless any are chosen. */
export const isProposed = (texts: Texts): boolean =>
  isMade(texts.dataset) &&
  texts.periods.trim() === '' &&
  ofCapped.every((name) => texts[name] === initialOfCapped[name]);

const isCapped = (texts: Texts): boolean =>
  ['', 'capped'].includes(texts.periods.trim()) && !isProposed(texts);

/** The activation of the second of two networks that are compared. */
export const rivalOf = (activation: Activation): Activation =>
  activations[activation].hasPeriods ? 'relu' : 'harmonic';

/** Whether a setting is relevant given the others, for at least one network if two are compared. */
export function isOfUse(setting: Setting, texts: Texts): boolean {
  if (ofCapped.includes(setting.name) && !isCapped(texts)) return false;
  const task = taskOf(texts.dataset);
  const first = texts.activation;
  const activations = texts.compare === 'yes' ? [first, rivalOf(first)] : [first];
  return activations.some((activation) => applies(setting, { ...texts, activation, task }));
}

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
    const { name, initial, when } = field;
    const isOf = isOfUse(field, texts);
    if (!isOf && (when?.setting === dataset.name || (ofCapped.includes(name) && isProposed(texts)))) continue;
    try {
      const value = valueIn(field, isOf ? texts[name] : initial);
      if (value !== undefined) values[name] = value;
    } catch (error) {
      problems[name] = (error as Error).message;
    }
  }
  if (Object.keys(problems).length > 0) return { problems };
  try {
    resolveConfig({ ...modelOptions(values), ...modelForm(String(values.dataset)) });
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
  const texts = Object.fromEntries(
    known.map(({ name, type, initial }) => {
      const value = settings[name];
      if (type.kind !== 'perLayer' || !Array.isArray(value)) return [name, typed(value)];
      if (String(value) === String(usual[name])) return [name, initial];
      return [name, typed(value.every((each) => each === value[0]) ? value[0] : value)];
    }),
  );
  // Without a text, the periods of made data are others.
  const isCappedOnMade = isMade(String(settings.dataset)) && 'baseFreq' in texts && !('periods' in texts);
  return isCappedOnMade ? { ...texts, periods: 'capped' } : texts;
}

/**
 * The texts for a network from a file: the settings that it has, and otherwise those of the page, or, if its run can be continued, those
 * that the run did not need to be given.
 */
export function textsOfLoaded(texts: Texts, settings: Partial<Settings>, isResumable: boolean): Texts {
  const of = settings.dataset ?? texts.dataset;
  const none = initialTextsFor(of, 'published');
  const model = fields.filter(({ group }) => group === 'model').map(({ name }) => [name, none[name]]);
  const others = isResumable ? none : { ...withText(texts, dataset.name, of), ...Object.fromEntries(model) };
  const all = { ...others, ...textsOf({ ...settings, compare: false }), backend: texts.backend };
  if (isMade(of)) return { ...all, preset: texts.preset };
  const differences = (name: string) =>
    changed({ ...all, preset: name }, initialTextsFor(of, name, all)).length;
  const [first, ...rest] = presetNames;
  return { ...all, preset: rest.reduce((a, b) => (differences(b) < differences(a) ? b : a), first) };
}

/** The settings that differ from others, as in addresses and on the command line. */
const changed = (texts: Texts, from: Texts): { field: Field; text: string }[] =>
  fields
    .map((field) => ({ field, text: texts[field.name].trim() }))
    .filter(({ field, text }) => text !== from[field.name] && isOfUse(field, texts))
    .map(({ field, text }) => ({
      field,
      text: isList(field) ? text.replace(/\s*[,;]\s*|\s+/g, ',') : text,
    }));

/**
 * The options with which the command line trains the same network, the first if two are compared; it knows neither the page's
 * settings nor its defaults for made data, and has a default learning rate and weight decay for each optimizer. It recommends what
 * the page does, except for made data.
 */
export function commandOptions(texts: Texts): string[] {
  const { dataset, preset, optimizer } = texts;
  const own = ownDefaults(dataset);
  const usual: Texts = {
    ...initialTexts,
    ...textsOf(defaultValues(table, { optimizer })),
    ...(!isMade(dataset) && textsOf(presetSettings(preset as PresetName, decisive(texts)))),
    preset: 'recommended',
  };
  const given = { ...texts, compare: 'no', ...(texts.periods === '' && usual.periods !== '' && ofNoPeriods) };
  return changed(given, Object.fromEntries(Object.entries(usual).filter(([name]) => !(name in own))))
    .filter(({ field, text }) => field.group !== 'page' && text !== '')
    .map(({ field: { flag, type }, text }) =>
      type.kind === 'flag' ? `--${text === 'yes' ? '' : 'no-'}${flag}` : `--${flag} ${text}`,
    );
}

/** What an empty text means, where it would mean the periods of a preset. */
const ofNoPeriods = { periods: 'capped' };

/** The query of an address. */
export function toQuery(texts: Texts): string {
  const from = {
    ...initialTextsFor(texts.dataset, texts.preset, texts),
    dataset: mnist.name,
    preset: '', // It is always there: without one, an address means another.
  };
  const query = new URLSearchParams(changed(texts, from).map(({ field, text }) => [field.flag, text]));
  // These need no escaping in a query and are easier to read.
  return query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/');
}

/** The preset in an address; those of earlier releases, which have settings but no preset, are of the published experiment. */
function presetIn(parameters: URLSearchParams, ofData: string): string {
  const named = parameters.get(preset.flag);
  if (named !== null) return presetNames.find((name) => name === named) ?? 'recommended';
  const isBare = ![...parameters.keys()].some((flag) => fields.some((field) => field.flag === flag));
  return isBare || isMade(ofData) ? 'recommended' : 'published';
}

/** Parameters that others add to addresses to track where visitors come from. */
const campaign = /^(utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|ref)$/;

/** The texts in an address, without settings those of the recommended preset; anything missing or invalid gets the default. */
export function fromQuery(query: string): { texts: Texts; ignored: string[] } {
  const parameters = new URLSearchParams(query);
  const asked = parameters.get(dataset.flag) ?? '';
  const ofData = datasetNames.includes(asked) ? asked : mnist.name;
  const chosen: Record<string, string> = {};
  const ignored: string[] = [];
  for (const [flag, given] of parameters) {
    const field = fields.find((each) => each.flag === flag);
    if (field === undefined) {
      if (!campaign.test(flag)) ignored.push(`There is no setting "${flag}".`);
      continue;
    }
    const text = inDigits(field, given);
    try {
      valueIn(field, text);
      chosen[field.name] = isList(field) ? text.replaceAll(',', ', ') : text;
    } catch (error) {
      ignored.push((error as Error).message);
    }
  }
  const texts = { ...initialTextsFor(ofData, presetIn(parameters, ofData), chosen), ...chosen };
  return { texts, ignored };
}

/** Addresses from earlier releases may contain integers such as 1e3. */
const inDigits = ({ type }: Field, text: string): string =>
  'bounds' in type && type.bounds.integer
    ? text.replace(/\d+(\.\d*)?e\+?\d+/gi, (number) => String(Number(number)))
    : text;
