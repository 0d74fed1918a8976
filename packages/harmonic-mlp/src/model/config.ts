import { HarmonicError, type KnownOptions, option, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { requireSetting } from '../setting';
import { activations, modelSettings } from './model-settings';

export { activations };

/** `harmonic`: sin(2πz/p) + r·z; `relu`: max(0, z); `linear`: z; or a name that `registerActivation` added. */
export type Activation = 'harmonic' | 'relu' | 'linear' | (string & {});

/** Options of a {@link HarmonicMLP}; the defaults are those of the published experiment. */
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
  /** The seed of the initial weights, an integer from 0 to 2^53 − 1. Default 0. */
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
  /** The seed of the initial weights. */
  seed: number;
}

const knownOptions: KnownOptions<HarmonicMLPOptions> = { inputSize: true, classes: true, ...modelSettings };

/**
 * Checks a model's options and fills in the defaults.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown option or a value out of bounds.
 */
export function resolveConfig(given?: HarmonicMLPOptions): HarmonicMLPConfig {
  const options = requireOptions('options', given, 'new HarmonicMLP({ hidden: [128] })', knownOptions);
  const { inputSize = 784, classes = 10 } = options;
  const value = (name: 'hidden' | 'activation' | 'residual' | 'dropout' | 'seed') => {
    const type = modelSettings[name];
    return requireSetting(name, options[name] ?? type.default, type);
  };
  const hidden = value('hidden') as number[];
  const forEach = (name: 'baseFreq' | 'maxFreq', fallback: number | readonly number[]) =>
    forEachLayer(name, options[name] ?? fallback, hidden.length);
  const config: HarmonicMLPConfig = {
    inputSize: requireNumber('inputSize', inputSize, { integer: true, min: 1 }),
    classes: requireNumber('classes', classes, { integer: true, min: 2, max: 256 }),
    hidden,
    activation: value('activation') as Activation,
    baseFreq: forEach('baseFreq', modelSettings.baseFreq.default),
    maxFreq: forEach(
      'maxFreq',
      hidden.map((_, i) => (i === 0 ? 5 : 3)),
    ),
    residual: value('residual') as number,
    dropout: value('dropout') as number,
    seed: value('seed') as number,
  };
  requireFeasible(config);
  return config;
}

/** With its optimizer's moments, a model of this size about fills a WebAssembly memory. */
const mostParameters = 2 ** 26;

function requireFeasible({ inputSize, hidden, classes }: HarmonicMLPConfig): void {
  const sizes = [inputSize, ...hidden, classes];
  const parameters = sizes.slice(1).reduce((total, units, i) => total + (sizes[i] + 1) * units, 0);
  if (parameters <= mostParameters) return;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'hidden',
    value: hidden,
    problem: `${option('hidden')} is [${hidden}]: with ${inputSize} inputs and ${classes} classes that makes ${parameters.toLocaleString('en')} parameters; at most ${mostParameters.toLocaleString('en')} are supported.`,
  });
}

/** One value for each layer, from such a list or from one value for all. */
function forEachLayer(
  name: 'baseFreq' | 'maxFreq',
  given: number | readonly number[],
  layers: number,
): number[] {
  const value = requireSetting(name, given, modelSettings[name]) as number | number[];
  if (typeof value === 'number') return new Array<number>(layers).fill(value);
  if (value.length === layers) return value;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: name,
    value,
    problem: `${option(name)} has ${value.length} values for ${layers} hidden ${layers === 1 ? 'layer' : 'layers'}; pass a single value, or one per layer.`,
  });
}
