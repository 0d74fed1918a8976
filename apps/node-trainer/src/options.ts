import { isDeepStrictEqual } from 'node:util';
import { type Bounds, requireNumber } from '@harmonic-mlp/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  formatSetting,
  parseSetting,
  presetNames,
  presetSettings,
  presetTexts,
  type Setting,
  type SettingValues,
  settings,
} from 'harmonic-mlp/settings';
import { type BackendOptions, backendNames } from './backends';
import { augmentationSettings, dataSettings } from './data';
import { withHome } from './folders';
import { backendSettings, runSettings, settingOf } from './run-settings';

/** Parses an integer written only in digits; `name` is the name of the option. */
export const integer =
  (name: string, bounds: Bounds = {}) =>
  (text: string): number =>
    requireNumber(name, /^[+-]?\d+$/.test(text) ? Number(text) : text, { ...bounds, integer: true });

/** Parses a path, in which a leading `~` is the home folder. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return withHome(text);
}

/** The command line's option for a setting. A setting that is on by default becomes an option that turns it off. */
export function settingOption(setting: Setting): Option {
  const { flag, placeholder, type } = setting;
  const help = describe(setting);
  if (type.kind === 'flag') return new Option(type.default ? `--no-${flag}` : `--${flag}`, help);
  const option = new Option(`--${flag} ${placeholder}`, help);
  if (type.kind === 'text') option.argParser(path);
  else option.argParser((given) => parseSetting(`--${flag}`, given, type));
  return type.default === undefined ? option : option.default(type.default, defaultOf(setting));
}

/** A setting's default in words: that of the preset `recommended`, and the published one if it is another. */
function defaultOf({ name, type, defaultText }: Setting): string | undefined {
  const published = defaultText ?? (type.default === undefined ? undefined : formatSetting(type.default));
  const recommended = recommendedSettings[name];
  const isSame =
    isDeepStrictEqual(recommended, type.default) || String(recommended) === published?.split(';')[0];
  if (recommended === undefined || isSame) return published;
  return `${formatSetting(recommended)} [published: ${published ?? 'none'}]`;
}

const recommendedSettings = presetSettings('recommended');

/**
 * The option for a setting of a sweep, which collects its texts: several values, or a range, make it an axis. A setting that is on
 * or off takes `yes`, `no`, or both.
 */
export function axisOption(setting: Setting): Option {
  const { flag, placeholder, type } = setting;
  const isFlag = type.kind === 'flag';
  const usual = type.default === undefined || isFlag ? undefined : defaultOf(setting);
  const [text, ...lines] = describe(setting).split('\n');
  const help = [usual === undefined ? text : `${text} (default: ${usual})`, ...lines].join('\n');
  const option = new Option(`--${flag} ${isFlag ? '[yes,no]' : placeholder}`, help).argParser(collect);
  return isFlag ? option.preset('yes') : option;
}

const collect = (text: string, earlier: unknown): string[] => [
  ...(Array.isArray(earlier) ? earlier : []),
  text,
];

/** The words of a command line that gives settings these values, in the order of the table. */
export const settingWords = (values: SettingValues): string[] =>
  runSettings.flatMap(({ name, flag, type }) => {
    const value = values[name];
    if (value === undefined) return [];
    if (type.kind === 'flag') return [`--${value ? '' : 'no-'}${flag}`];
    return [`--${flag}`, formatSetting(value)];
  });

/** The option for the default of a setting that is on or off, which a file may have changed. */
const defaultOption = ({ flag, type }: Setting): Option =>
  new Option(type.default ? `--${flag}` : `--no-${flag}`).hideHelp();

/**
 * The help text of a setting: where it applies, what it does, its default, and the choices that need to be explained on lines
 * of their own.
 */
function describe(setting: Setting): string {
  const { help, type, when, explanations = {} } = setting;
  const defaultText = type.default === undefined ? defaultOf(setting) : undefined;
  const choices = type.kind === 'choice' ? type.choices : Object.keys(explanations);
  const explained = choices.filter((choice) => choice in explanations);
  const text = [
    when === undefined ? '' : `${condition(when)}: `,
    help,
    explained.length === choices.length ? '' : `: ${choices.join(', ')}`,
    defaultText === undefined ? '' : ` (default: ${defaultText})`,
  ].join('');
  return [text, ...explained.map((choice) => `  ${choice}: ${explanations[choice]}`)].join('\n');
}

/** The values of another setting with which one applies: "with --schedule step", "except with --schedule plateau". */
function condition({ setting, is, text }: NonNullable<Setting['when']>): string {
  if (text !== undefined) return text;
  const { flag, type } = settingOf(setting);
  if (type.kind === 'flag') return `with --${flag}`;
  const others = type.kind === 'choice' ? type.choices.filter((choice) => !is.includes(choice)) : [];
  return others.length === 1 ? `except with --${flag} ${others[0]}` : `with --${flag} ${is.join(', ')}`;
}

/** The settings that a command line gives, by name. */
export const givenOnCommandLine = (command: Command, settings: readonly Setting[]): SettingValues =>
  Object.fromEntries(
    settings.flatMap((setting) => {
      const option = settingOption(setting).attributeName();
      return command.getOptionValueSource(option) === 'cli'
        ? [[setting.name, command.getOptionValue(option)] as const]
        : [];
    }),
  );

/** The options that every command with a model takes: the data, the backend and the output. */
export interface CommonOptions<Auto = never> extends BackendOptions<Auto> {
  dataset?: string;
  dataDir?: string;
  transpose?: boolean;
  offline?: boolean;
  verify: boolean;
  json?: boolean;
  debug?: boolean;
}

/** Adds the options for the data; `offline` is one of them, although it is not a setting of a run. */
function addDataOptions(command: Command, ofModel: boolean): Command {
  const { dataset, dataDir, transpose, verify } = dataSettings;
  const own: Setting = ofModel
    ? {
        ...dataset,
        type: { ...dataset.type, default: undefined as never },
        defaultText: "the model's",
      }
    : dataset;
  return command
    .optionsGroup('Data:')
    .addOption(settingOption(own))
    .addOption(settingOption(dataDir))
    .addOption(settingOption(transpose))
    .option('--offline', 'download nothing')
    .addOption(settingOption(verify));
}

/** The option for a preset; what it is without the option is in words, since it depends on the data. */
export const presetOption = (usual = 'recommended; published for data made by a formula'): Option =>
  new Option(
    '--preset <name>',
    [
      `a set of defaults, which options and --config override (default: ${usual})`,
      ...Object.entries(presetTexts).map(([name, text]) => `  ${name}: ${text}`),
    ].join('\n'),
  ).choices(presetNames);

/** The option for a file of settings. */
export const configOption = [
  '--config <file>',
  'YAML or JSON file of settings, named in camel case, or the config.json of a run; options override it',
  path,
] as const;

const headings: Record<string, string> = {
  model: 'Model:',
  training: 'Training:',
  optimizer: 'Optimizer:',
  schedule: 'Schedule:',
};

/**
 * Adds the options for the settings of a run, and those of {@link CommonOptions}, to a command that trains.
 *
 * @param has which settings the command has; default: all.
 * @param optionOf makes the options for those of the model and its training.
 */
export function addTrainingOptions(
  command: Command,
  { has = () => true, optionOf = settingOption }: TrainingOptions = {},
): Command {
  for (const setting of settings.filter(has))
    command.optionsGroup(headings[setting.group]).addOption(optionOf(setting));
  addDataOptions(command, false);
  for (const setting of [dataSettings.examples, dataSettings.dataNoise, dataSettings.validation])
    if (has(setting)) command.addOption(settingOption(setting));
  command.optionsGroup('Augmentation:');
  for (const setting of Object.values(augmentationSettings)) command.addOption(optionOf(setting));
  command.optionsGroup('Backend:');
  for (const setting of Object.values(backendSettings)) command.addOption(settingOption(setting));
  addOutputOptions(command);
  for (const setting of runSettings) {
    if (setting.type.kind === 'flag' && has(setting)) command.addOption(defaultOption(setting));
  }
  return command;
}

interface TrainingOptions {
  has?: (setting: Setting) => boolean;
  optionOf?: (setting: Setting) => Option;
}

/** Adds the options of {@link CommonOptions} to a command that uses a model. */
export function addCommonOptions(command: Command): Command {
  const { backend, kernels } = backendSettings;
  const one: Setting = {
    ...backend,
    type: { kind: 'choice', choices: backendNames, default: 'wasm' },
  };
  return addOutputOptions(
    addDataOptions(command, true)
      .optionsGroup('Backend:')
      .addOption(settingOption(one))
      .addOption(settingOption(kernels)),
  );
}

/** The option for the address of a queue; without a value, it is in the environment. */
export const queueOption = (help: string): Option =>
  new Option(
    '--queue [url]',
    `${help}, through a Redis server: redis://host:6379, rediss:// with TLS (default: the address in HARMONIC_MLP_QUEUE)`,
  );

/** The address that `--queue` gives; undefined if it is in the environment. */
export const addressIn = (queue: string | boolean | undefined): string | undefined =>
  typeof queue === 'string' ? queue : undefined;

/** What `--json` does, in every command. */
export const jsonHelp = 'print only JSON on standard output, one object per line';

const addOutputOptions = (command: Command): Command =>
  command
    .optionsGroup('Output:')
    .option('--json', jsonHelp)
    .option('--debug', 'print the stack trace of an error, and more about training');
