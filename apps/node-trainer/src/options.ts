import { requireNumber } from '@harmonic-mlp/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type BackendOptions, backendNames } from './backends';
import { datasetNames } from './data';
import { withHome } from './folders';

type Bounds = Parameters<typeof requireNumber>[2];

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Parses a number in decimal notation; `name` is the option's. */
export const number =
  (name: string, bounds: Bounds = {}) =>
  (text: string): number =>
    requireNumber(name, decimal.test(text) ? Number(text) : text, bounds);

/** Parses an integer, written in digits alone; `name` is the option's. */
export const integer =
  (name: string, bounds: Bounds = {}) =>
  (text: string): number =>
    requireNumber(name, /^[+-]?\d+$/.test(text) ? Number(text) : text, { ...bounds, integer: true });

/** Parses a list of values separated by commas. */
export const list =
  (parse: (text: string) => number) =>
  (text: string): number[] =>
    text.split(',').map((part) => parse(part.trim()));

/** Takes a path; a leading `~` is the home folder. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return withHome(text);
}

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

/** Adds the options of {@link CommonOptions} to a command; `dataset` says which data set it takes by default. */
export function addCommonOptions(command: Command, dataset = 'that of the model', auto = false): Command {
  return command
    .addOption(
      new Option(
        '--dataset <name>',
        `what to learn; own: IDX files of your own in --data-dir, named as MNIST's (default: ${dataset})`,
      ).choices(datasetNames),
    )
    .option(
      '--data-dir <dir>',
      'the folder of its four files, plain or .gz (default: the embedded MNIST, or the cache)',
      path,
    )
    .option(
      '--transpose',
      'with --dataset own: the files hold each image column by column, as EMNIST does (their headers tell the rows and columns of the upright images)',
    )
    .option('--offline', 'download nothing')
    .option('--no-verify', 'accept files whose checksums are not the published ones')
    .addOption(
      auto
        ? new Option(
            '--backend <name>',
            'what computes; auto: what trains this fastest here, measured the first time and again after 30 days',
          )
            .choices(['auto', ...backendNames])
            .default('auto')
        : new Option('--backend <name>', 'what computes').choices(backendNames).default('wasm'),
    )
    .option('--no-kernels', "leave out this project's SIMD kernels, which are several times faster")
    .option('--json', 'print one JSON object a line on standard output, and nothing else')
    .option('--debug', 'show the stack trace of an error');
}
