import { HarmonicError, requireNumber, requireOneOf, requireOptions } from '@harmonic-mlp/core';

/** The activations of hidden layers. */
export const activations = ['harmonic', 'relu', 'linear'] as const;

/** `harmonic`: sin(2πz/p) + r·z; `relu`: max(0, z); `linear`: z. */
export type Activation = (typeof activations)[number];

/** What defines a {@link HarmonicMLP}; every option has the published experiment's value as its default. */
export interface HarmonicMLPOptions {
  /** The width of the input. Default 784, an MNIST image. */
  inputSize?: number;
  /** The number of classes, at least 2. Default 10. */
  classes?: number;
  /** The number of units of each hidden layer; an empty list makes a linear classifier. Default [512, 256]. */
  hidden?: readonly number[];
  /** The activation of every hidden layer. Default `harmonic`. */
  activation?: Activation;
  /** The period of the first unit, for all hidden layers or for each. Default 1. */
  baseFreq?: number | readonly number[];
  /** The largest period, for all hidden layers or for each. Default 5 for the first layer, 3 for the others. */
  maxFreq?: number | readonly number[];
  /** The strength r of the residual connection. Default 0.1. */
  residual?: number;
  /** The probability with which dropout zeroes a hidden unit in training, in [0, 1). Default 0.2. */
  dropout?: number;
  /** What the initial weights are drawn from, an integer from 0 to 2^53 − 1. Default 0. */
  seed?: number;
}

/** A model's complete configuration, plain JSON. */
export interface HarmonicMLPConfig {
  /** The width of the input. */
  inputSize: number;
  /** The number of classes. */
  classes: number;
  /** The number of units of each hidden layer. */
  hidden: number[];
  /** The activation of every hidden layer. */
  activation: Activation;
  /** The period of the first unit of each hidden layer. */
  baseFreq: number[];
  /** The largest period of each hidden layer. */
  maxFreq: number[];
  /** The strength r of the residual connection. */
  residual: number;
  /** The probability with which dropout zeroes a hidden unit in training. */
  dropout: number;
  /** What the initial weights were drawn from. */
  seed: number;
}

/**
 * Checks a model's options and completes them with the defaults.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, naming the option, its value and what is allowed.
 */
export function resolveConfig(given?: HarmonicMLPOptions): HarmonicMLPConfig {
  const options = requireOptions('options', given, 'new HarmonicMLP({ hidden: [128] })');
  const {
    inputSize = 784,
    classes = 10,
    hidden = [512, 256],
    activation = 'harmonic',
    residual = 0.1,
    dropout = 0.2,
    seed = 0,
  } = options;
  if (!Array.isArray(hidden)) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `hidden is ${hidden}; it must be a list, such as [512, 256].`,
    );
  }
  for (const units of hidden) requireNumber('a size in hidden', units, { integer: true, min: 1 });
  const { baseFreq = 1, maxFreq = hidden.map((_, i) => (i === 0 ? 5 : 3)) } = options;
  const config = {
    inputSize: requireNumber('inputSize', inputSize, { integer: true, min: 1 }),
    classes: requireNumber('classes', classes, { integer: true, min: 2, max: 256 }),
    hidden: [...hidden],
    activation: requireOneOf('activation', activation, activations),
    baseFreq: forEachLayer('baseFreq', baseFreq, hidden.length),
    maxFreq: forEachLayer('maxFreq', maxFreq, hidden.length),
    residual: requireNumber('residual', residual, { min: -1e30, max: 1e30 }),
    dropout: requireNumber('dropout', dropout, { min: 0, below: 1 }),
    seed: requireNumber('seed', seed, { integer: true, min: 0 }),
  };
  requireFeasible(config);
  return config;
}

/** A model this large, with its optimizer's moments, is about what a WebAssembly memory holds. */
const mostParameters = 2 ** 26;

function requireFeasible({ inputSize, hidden, classes }: HarmonicMLPConfig): void {
  const sizes = [inputSize, ...hidden, classes];
  const parameters = sizes.slice(1).reduce((total, units, i) => total + (sizes[i] + 1) * units, 0);
  if (parameters <= mostParameters) return;
  throw new HarmonicError(
    'INVALID_ARGUMENT',
    `hidden is [${hidden}]: with ${inputSize} inputs and ${classes} classes that makes ${parameters.toLocaleString('en')} parameters; at most ${mostParameters.toLocaleString('en')} are supported.`,
  );
}

function forEachLayer(name: string, value: number | readonly number[], layers: number): number[] {
  if (typeof value !== 'number' && !Array.isArray(value)) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `${name} is ${value}; it must be a number, or a list of one for each layer.`,
    );
  }
  const values = typeof value === 'number' ? new Array<number>(layers).fill(value) : [...value];
  if (values.length !== layers) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `${name} has ${values.length} values for ${layers} hidden layers; give one for all, or one for each.`,
    );
  }
  for (const bound of values) {
    requireNumber(name, bound, { above: 0 });
    requireNumber(name, bound, { min: 1e-30, max: 1e30 });
  }
  return values;
}
