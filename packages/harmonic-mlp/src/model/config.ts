import { HarmonicError, option, requireKnown, requireNumber, requireOptions } from '@harmonic-mlp/core';
import {
  type ActivationName,
  parseFourierFeatures,
  parsePeriods,
  resolveHyperparameters,
  activations as table,
} from '@harmonic-mlp/harmonic-layer';
import { requireSetting, type SettingType } from '../setting';
import { activations, modelSettings } from './model-settings';

export { activations };

/** The name of one of harmonic-layer's `activations`, or one that `registerActivation` added. */
export type Activation = ActivationName;

/** What a model is for. */
export type TaskName = 'classification' | 'regression' | 'multi-label';

/** The losses of a regression: the mean squared, absolute, or Huber error. */
export type RegressionLoss = 'squared' | 'absolute' | 'huber';

/** Where hidden layers are normalized: after the activation, before it, or not at all. */
export type Norm = 'after' | 'before' | 'none';

/** Options of a {@link HarmonicMLP}; the defaults are those of the published experiment. */
export interface HarmonicMLPOptions {
  /** The width of the input. Default 784, an MNIST image. */
  inputSize?: number;
  /** What the model is for: one of several classes, numbers, or several labels for each example. Default `classification`. */
  task?: TaskName;
  /** The number of classes of a classification, at least 2. Default 10. */
  classes?: number;
  /** The number of outputs of the other tasks. Default 1. */
  outputs?: number;
  /** The loss of a regression. Default `squared`, the mean squared error. */
  loss?: RegressionLoss;
  /** δ of the Huber loss, in standard deviations of the targets. Default 1. */
  delta?: number;
  /** The number of units of each hidden layer; an empty list makes a linear classifier. Default [512, 256]. */
  hidden?: readonly number[];
  /** The activation of every hidden layer. Default `harmonic`. */
  activation?: Activation;
  /** The period of the first unit, for all hidden layers or for each. Default 1. */
  baseFreq?: number | readonly number[];
  /** The largest period, for all hidden layers or for each. Default 5 for the first layer, 3 for the others. */
  maxFreq?: number | readonly number[];
  /**
   * The periods of units that have them: the name of one of harmonic-layer's `periods` and its numbers, `geometric:2,64`, for all
   * hidden layers; a list of such texts, one for each; or a list of periods, repeated over the units. Default: `baseFreq` and
   * `maxFreq`, which are the numbers of `capped`.
   */
  periods?: string | readonly string[] | readonly number[];
  /** Where hidden layers are normalized: after the activation, before it, or nowhere. Default `after`. */
  norm?: Norm;
  /** Whether they are normalized over the batch or over their units. Default `batch`. */
  normKind?: 'batch' | 'layer';
  /** The standard deviation of Gaussian noise that training adds to pre-activations, after a norm before them. Default 0. */
  noise?: number;
  /** The standard deviation of Gaussian noise that training adds to the inputs. Default 0. */
  inputNoise?: number;
  /** Whether the input of a hidden layer is added to its output if they have the same width. Default false. */
  skipConnections?: boolean;
  /**
   * Whether the inputs are standardized, `(x − mean)/deviation` in each column. Both are measured on the training data of the
   * first run, and saved with the model. Default false.
   */
  standardizeInputs?: boolean;
  /**
   * Fourier features of the inputs, which take their place: the name of one of harmonic-layer's `fourierEncodings` and its
   * numbers, `gaussian:64,1` or `positional:6`. Default: none.
   */
  fourierFeatures?: string;
  /**
   * The largest Euclidean norm of the incoming weights of a hidden unit; longer ones are shortened to it after each step
   * (Srivastava et al., 2014). Default: no limit.
   */
  maxNorm?: number;
  /** The strength r of the residual connection. Default 0.1 for `harmonic`, otherwise the activation's own. */
  residual?: number;
  /** The probability with which dropout zeroes a hidden unit in training, in [0, 1). Default 0.2. */
  dropout?: number;
  /** The seed of the initial weights, an integer from 0 to 2^53 − 1. Default 0. */
  seed?: number;
  /** Other hyperparameters of the activation, by name: `omega`, `scale`, … */
  readonly [hyperparameter: string]: unknown;
}

/** A model's complete configuration, plain JSON. */
export interface HarmonicMLPConfig {
  /** The width of the input. */
  inputSize: number;
  /** What the model is for; left out for a classification. */
  task?: TaskName;
  /** The number of classes of a classification. */
  classes?: number;
  /** The number of outputs of the other tasks. */
  outputs?: number;
  /** The loss of a regression. */
  loss?: RegressionLoss;
  /** δ of the Huber loss, in standard deviations of the targets. */
  delta?: number;
  /** The number of units of each hidden layer. */
  hidden: number[];
  /** The activation of every hidden layer. */
  activation: Activation;
  /** The period of the first unit of each hidden layer; empty if `periods` defines them. */
  baseFreq: number[];
  /** The largest period of each hidden layer; empty if `periods` defines them. */
  maxFreq: number[];
  /** The periods of each hidden layer, as a text; left out if they are those of `baseFreq` and `maxFreq`. */
  periods?: string[];
  /** Where hidden layers are normalized; left out for `after`. */
  norm?: Norm;
  /** How hidden layers are normalized; left out for `batch`. */
  normKind?: 'batch' | 'layer';
  /** The standard deviation of the noise in hidden layers; left out for 0. */
  noise?: number;
  /** The standard deviation of the noise in the inputs; left out for 0. */
  inputNoise?: number;
  /** Whether there are skip connections; left out if not. */
  skipConnections?: boolean;
  /** Whether the inputs are standardized; left out if not. */
  standardizeInputs?: boolean;
  /** The Fourier features of the inputs, with all numbers; left out if there are none. */
  fourierFeatures?: string;
  /** The largest norm of the incoming weights of a hidden unit; left out if there is no limit. */
  maxNorm?: number;
  /** The strength r of the residual connection. */
  residual: number;
  /** The probability with which dropout zeroes a hidden unit in training. */
  dropout: number;
  /** The seed of the initial weights. */
  seed: number;
  /** Other hyperparameters of the activation, by name. */
  [hyperparameter: string]: unknown;
}

const example = 'new HarmonicMLP({ hidden: [128] })';

/** The options, including the hyperparameters of all activations: those of others than the model's are ignored. */
const knownOptions = (): string[] => [
  'inputSize',
  'classes',
  'outputs',
  'residual',
  ...Object.keys(modelSettings),
  ...Object.values(table).flatMap(({ hyperparameters }) => Object.keys(hyperparameters)),
];

/**
 * Checks a model's options and fills in the defaults.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown option or a value out of bounds.
 */
export function resolveConfig(given?: HarmonicMLPOptions): HarmonicMLPConfig {
  const options = requireOptions('options', given, example);
  requireKnown(options, knownOptions(), example);
  const { inputSize = 784 } = options;
  const value = (name: PlainSetting) => {
    const type: SettingType = modelSettings[name];
    const given = options[name] ?? type.default;
    return given === undefined ? undefined : requireSetting(name, given, type);
  };
  const hidden = value('hidden') as number[];
  const activation = value('activation') as Activation;
  const { residual = requireNumber('residual', options.residual ?? 0.1, {}), ...hyperparameters } =
    resolveHyperparameters(table[activation].hyperparameters, options);
  const periods = resolvePeriods(options, hidden.length);
  const forEach = (name: 'baseFreq' | 'maxFreq', fallback: number | readonly number[]) =>
    periods === undefined ? forEachLayer(name, options[name] ?? fallback, hidden.length) : [];
  const config: HarmonicMLPConfig = {
    inputSize: requireNumber('inputSize', inputSize, { integer: true, min: 1 }),
    ...resolveOutputs(options),
    hidden,
    activation,
    baseFreq: forEach('baseFreq', modelSettings.baseFreq.default),
    maxFreq: forEach(
      'maxFreq',
      hidden.map((_, i) => (i === 0 ? 5 : 3)),
    ),
    ...(periods && { periods }),
    ...unusual(value),
    ...(options.fourierFeatures != null && {
      fourierFeatures: parseFourierFeatures(value('fourierFeatures') as string).text,
    }),
    residual,
    ...hyperparameters,
    dropout: value('dropout') as number,
    seed: value('seed') as number,
  };
  requireFeasible(config);
  return config;
}

/** The settings that are one value for the whole model. */
type PlainSetting = Exclude<keyof typeof modelSettings, 'baseFreq' | 'maxFreq' | 'periods'>;

/** Settings that a configuration leaves out if they have their default. */
const usuallyLeftOut = [
  'norm',
  'normKind',
  'noise',
  'inputNoise',
  'skipConnections',
  'standardizeInputs',
  'fourierFeatures',
  'maxNorm',
] as const;

const unusual = (value: (name: (typeof usuallyLeftOut)[number]) => unknown): Partial<HarmonicMLPConfig> =>
  Object.fromEntries(
    usuallyLeftOut
      .map((name) => [name, value(name)] as const)
      .filter(([name, given]) => given !== (modelSettings[name] as SettingType).default),
  );

/** The width of a model's output. */
export const outputSizeOf = ({ classes, outputs }: Pick<HarmonicMLPConfig, 'classes' | 'outputs'>): number =>
  (classes ?? outputs)!;

/** The width of what the first layer sees: of the inputs, or of their Fourier features. */
export function encodedSizeOf({
  inputSize,
  fourierFeatures,
}: Pick<HarmonicMLPConfig, 'inputSize' | 'fourierFeatures'>): number {
  if (fourierFeatures === undefined) return inputSize;
  const { entry, hyperparameters } = parseFourierFeatures(fourierFeatures);
  return 2 * entry.featuresOf(inputSize, hyperparameters);
}

/** What an option of one task is for, if it is given with another. */
const optionsOfTasks: Readonly<Record<string, readonly TaskName[]>> = {
  classes: ['classification'],
  outputs: ['regression', 'multi-label'],
  loss: ['regression'],
  delta: ['regression'],
};

/** The task, and the outputs and loss that it has. */
function resolveOutputs(
  options: HarmonicMLPOptions,
): Pick<HarmonicMLPConfig, 'task' | 'classes' | 'outputs' | 'loss' | 'delta'> {
  const { classes = 10, outputs = 1 } = options;
  const value = (name: 'task' | 'loss' | 'delta') => {
    const type = modelSettings[name];
    return requireSetting(name, options[name] ?? type.default, type);
  };
  const task = value('task') as TaskName;
  for (const [name, tasks] of Object.entries(optionsOfTasks)) {
    if (options[name] == null || tasks.includes(task)) continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      value: options[name],
      problem: `${option(name)} is for a ${tasks.join(' or ')}, but the task is ${task}.`,
      fix: `Leave ${option(name)} out, or choose the task ${tasks[0]}.`,
    });
  }
  if (task === 'classification')
    return { classes: requireNumber('classes', classes, { integer: true, min: 2, max: 256 }) };
  const width = requireNumber('outputs', outputs, { integer: true, min: 1 });
  if (task === 'multi-label') return { task, outputs: width };
  const loss = value('loss') as RegressionLoss;
  return { task, outputs: width, loss, ...(loss === 'huber' && { delta: value('delta') as number }) };
}

/** The hyperparameters of a model's activation. */
export const hyperparametersOf = (config: HarmonicMLPConfig): Record<string, number> =>
  resolveHyperparameters(table[config.activation].hyperparameters, config);

/** The periods of each layer as a text, or undefined if `baseFreq` and `maxFreq` define them. */
function resolvePeriods(options: HarmonicMLPOptions, layers: number): string[] | undefined {
  const { periods, baseFreq, maxFreq } = options;
  // Files of earlier versions have an empty list.
  if (periods == null || (layers === 0 && (periods as readonly string[]).length === 0)) return undefined;
  const texts = periodTexts(periods);
  if (texts.every((text) => text === 'capped')) return undefined;
  for (const [name, value] of Object.entries({ baseFreq, maxFreq })) {
    if (value == null || value === modelSettings.baseFreq.default || (value as number[]).length === 0)
      continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      value,
      problem: `${option(name)} is for capped periods, but ${option('periods')} is ${texts.join('/')}.`,
      fix: `Leave out one of them.`,
    });
  }
  if (texts.length !== 1 && texts.length !== layers) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'periods',
      value: periods,
      problem: `${option('periods')} has ${texts.length} entries for ${layers} hidden ${layers === 1 ? 'layer' : 'layers'}; pass a single one, or one per layer.`,
    });
  }
  const complete = texts.map((text) => parsePeriods(text).text);
  if (layers === 0) return undefined;
  return complete.length === 1 ? new Array<string>(layers).fill(complete[0]) : complete;
}

/** The periods of an option: one text for all layers, or one for each. */
export function periodTexts(periods: unknown): string[] {
  if (typeof periods === 'string') return periods.split('/').map((text) => text.trim());
  if (Array.isArray(periods) && periods.length > 0) {
    if (periods.every((each) => typeof each === 'number')) return [`list:${periods}`];
    if (periods.every((each) => typeof each === 'string')) return periods;
  }
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'periods',
    value: periods,
    allowed: 'a text such as geometric:2,64, a list of one for each hidden layer, or a list of periods',
  });
}

/** With its optimizer's moments, a model of this size about fills a WebAssembly memory. */
const mostParameters = 2 ** 26;

function requireFeasible(config: HarmonicMLPConfig): void {
  const { inputSize, hidden, fourierFeatures } = config;
  const width = outputSizeOf(config);
  const seen = encodedSizeOf(config);
  const sizes = [seen, ...hidden, width];
  const parameters = sizes
    .slice(1)
    .reduce(
      (total, units, i) => total + (sizes[i] + 1) * units,
      fourierFeatures === undefined ? 0 : (inputSize * seen) / 2,
    );
  if (parameters <= mostParameters) return;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'hidden',
    value: hidden,
    problem: `${option('hidden')} is [${hidden}]: with ${inputSize} inputs and ${width} ${config.classes === undefined ? 'outputs' : 'classes'} that makes ${parameters.toLocaleString('en')} parameters; at most ${mostParameters.toLocaleString('en')} are supported.`,
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
