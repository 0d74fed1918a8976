import { requireNumber } from '@harmonic-mlp/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { backendNames } from './backend';

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

/** Takes a path. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** Where the data come from, what computes, and how it is reported: every command takes these. */
export interface CommonOptions {
  dataDir?: string;
  verify: boolean;
  backend: (typeof backendNames)[number];
  json?: boolean;
  debug?: boolean;
}

/** Adds the options of {@link CommonOptions} to a command. */
export function addCommonOptions(command: Command): Command {
  return command
    .option(
      '--data-dir <dir>',
      'the folder of the four MNIST files, plain or .gz (default: the embedded copy)',
      path,
    )
    .option('--no-verify', 'accept files whose checksums are not those of MNIST')
    .addOption(new Option('--backend <name>', 'what computes').choices(backendNames).default('wasm'))
    .option('--json', 'print one JSON object a line on standard output, and nothing else')
    .option('--debug', 'show the stack trace of an error');
}
