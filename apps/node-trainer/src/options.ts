import { type Command, InvalidArgumentError, Option } from 'commander';
import { backendNames } from './backend';

interface Bounds {
  min?: number;
  above?: number;
  below?: number;
}

function requireBounds(value: number, { min, above, below }: Bounds, kind: string): number {
  const fits =
    Number.isFinite(value) &&
    (min === undefined || value >= min) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below);
  if (fits) return value;
  const bounds = [
    min !== undefined && `at least ${min}`,
    above !== undefined && `greater than ${above}`,
    below !== undefined && `less than ${below}`,
  ].filter(Boolean);
  throw new InvalidArgumentError(
    `It must be ${kind}${bounds.length > 0 ? `, ${bounds.join(' and ')}` : ''}.`,
  );
}

/** Parses a number of decimal notation. */
export const number =
  (bounds: Bounds = {}) =>
  (text: string): number =>
    requireBounds(
      /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN,
      bounds,
      'a number',
    );

/** Parses an integer. */
export const integer =
  (bounds: Bounds = {}) =>
  (text: string): number =>
    requireBounds(
      /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : Number.NaN,
      bounds,
      'an integer',
    );

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
