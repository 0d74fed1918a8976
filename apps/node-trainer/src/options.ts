import { type Bounds, requireNumber } from '@harmonic-mlp/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatSetting, parseSetting, type Setting, type SettingValues } from 'harmonic-mlp/settings';
import { type BackendOptions, backendNames } from './backends';
import { withHome } from './folders';
import { backendSettings, dataSettings } from './run-settings';

/** Parses an integer, written in digits alone; `name` is the option's. */
export const integer =
  (name: string, bounds: Bounds = {}) =>
  (text: string): number =>
    requireNumber(name, /^[+-]?\d+$/.test(text) ? Number(text) : text, { ...bounds, integer: true });

/** Takes a path; a leading `~` is the home folder. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return withHome(text);
}

/** The option of a command line for a setting. One that is on by default becomes an option that turns it off. */
export function settingOption({ flag, placeholder, help, type, defaultText }: Setting): Option {
  if (type.kind === 'flag') return new Option(type.default ? `--no-${flag}` : `--${flag}`, help);
  const text = defaultText === undefined ? help : `${help} (default: ${defaultText})`;
  const option = new Option(`--${flag} ${placeholder}`, text);
  if (type.kind === 'choice') option.choices(type.choices);
  else if (type.kind === 'text') option.argParser(path);
  else option.argParser((given) => parseSetting(`--${flag}`, given, type));
  return type.default === undefined ? option : option.default(type.default, formatSetting(type.default));
}

/** The values of settings that a command line gives, by the settings' names. */
export const givenOnCommandLine = (command: Command, settings: readonly Setting[]): SettingValues =>
  Object.fromEntries(
    settings.flatMap((setting) => {
      const option = settingOption(setting).attributeName();
      return command.getOptionValueSource(option) === 'cli'
        ? [[setting.name, command.getOptionValue(option)] as const]
        : [];
    }),
  );

/** Where the data come from, what computes, and how it is reported: every command takes these. */
export interface CommonOptions<Auto = never> extends BackendOptions<Auto> {
  dataset?: string;
  dataDir?: string;
  transpose?: boolean;
  offline?: boolean;
  verify: boolean;
  json?: boolean;
  debug?: boolean;
}

/** Adds the options for where the data come from; `offline` among them, which is not a setting of a run. */
function addDataOptions(command: Command, ofModel: boolean): Command {
  const { dataset, dataDir, transpose, verify } = dataSettings;
  const own: Setting = ofModel
    ? {
        ...dataset,
        type: { ...dataset.type, default: undefined as never },
        defaultText: 'that of the model',
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

/** Adds the options of {@link CommonOptions} to a command that trains. */
export const addTrainingOptions = (command: Command): Command =>
  addOutputOptions(
    addDataOptions(command, false)
      .addOption(settingOption(dataSettings.validation))
      .optionsGroup('Backend:')
      .addOption(settingOption(backendSettings.backend))
      .addOption(settingOption(backendSettings.kernels)),
  );

/** Adds the options of {@link CommonOptions} to a command that uses a model. */
export function addCommonOptions(command: Command): Command {
  const { backend, kernels } = backendSettings;
  const one: Setting = {
    ...backend,
    help: 'backend to compute with',
    type: { kind: 'choice', choices: backendNames, default: 'wasm' },
  };
  return addOutputOptions(
    addDataOptions(command, true)
      .optionsGroup('Backend:')
      .addOption(settingOption(one))
      .addOption(settingOption(kernels)),
  );
}

const addOutputOptions = (command: Command): Command =>
  command
    .optionsGroup('Output:')
    .option('--json', 'print one JSON object a line on standard output, and nothing else')
    .option('--debug', 'show the stack trace of an error');
