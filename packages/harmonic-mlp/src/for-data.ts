import {
  ColumnMoments,
  foldIn,
  HarmonicError,
  matrixOf,
  type Numbers,
  type RandomKey,
  randomKey,
  requireOptions,
  withoutMissing,
} from '@harmonic-mlp/core';
import { proposePeriods, activations as table } from '@harmonic-mlp/harmonic-layer';
import { cast, oneHot, Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import {
  ArraySource,
  checkedBatches,
  disposeBatch,
  type ExampleSource,
  type Examples,
  type ExampleValues,
  isExampleValues,
  requireSource,
} from './data';
import {
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  outputSizeOf,
  periodTexts,
  resolveConfig,
} from './model';
import { refused } from './refused';
import { classification, multiLabel, type Task, targetForm } from './tasks';

/** Options of {@link HarmonicMLP.forData}: those of the model, and what you know of the data. */
export interface ForDataOptions extends HarmonicMLPOptions {
  /** The wavelength of the finest detail of the targets, in the units of the inputs. Default: it is measured. */
  detail?: number;
}

/** A phase of about a radian for pre-activations of deviation 0.4, as in layers that see the outputs of others or Fourier features. */
const laterPeriods = 'constant:2';

/** The most examples to measure on. */
const sampleSize = 1024;

/**
 * Completes a model's options by what a data set says.
 *
 * @returns the options, and the data set.
 * @throws {HarmonicError} As {@link HarmonicMLP.forData}.
 */
export async function optionsForData(
  data: ExampleValues | ExampleSource<Examples>,
  given: ForDataOptions | undefined,
): Promise<{ options: HarmonicMLPOptions; source: ExampleSource<Examples> }> {
  const options = requireOptions('options', given, 'HarmonicMLP.forData(data, { hidden: [64] })');
  // Others would take the place of what the data say.
  const { detail, ...own } = withoutMissing(options);
  const { source, shape } = isExampleValues(data) ? await fromValues(data, own) : fromSource(data, own);
  const complete: HarmonicMLPOptions = {
    standardizeInputs: true,
    ...(own.task === 'regression' && { norm: 'none', dropout: 0 }),
    ...shape,
    ...own,
  };
  const config = resolveConfig(complete);
  const { activation, hidden, fourierFeatures } = config;
  const hasPeriods = table[activation].hasPeriods && hidden.length > 0;
  const isOpen = [own.periods, own.baseFreq, own.maxFreq].every((each) => each === undefined);
  const seesInputs = fourierFeatures === undefined;
  if (hasPeriods && isOpen && seesInputs)
    return { source, options: { ...complete, periods: await proposed(source, config, detail) } };
  if (detail !== undefined) throw refused('detail', detail, 'left out, since no periods are proposed');
  if (hasPeriods && isOpen) return { source, options: { ...complete, periods: laterPeriods } };
  const [first, ...others] = own.periods === undefined ? [] : periodTexts(own.periods);
  if (!hasPeriods || !seesInputs || first !== 'nyquist') return { source, options: complete };
  const later = others.length > 0 ? others : laterPeriodsOf(config);
  return { source, options: { ...complete, periods: [await nyquistFor(source, config), ...later] } };
}

/** The input and output of a model. */
type Shape = Pick<HarmonicMLPOptions, 'inputSize' | 'classes' | 'outputs'>;

async function fromValues(
  data: ExampleValues,
  { inputSize: width, task = 'classification', classes: known, outputs }: HarmonicMLPOptions,
): Promise<{ source: ArraySource; shape: Shape }> {
  const targets = await matrixOf('targets', data.targets, task === 'classification' ? undefined : outputs);
  const inputSize = width ?? (await widthOf(data.inputs, targets.rows));
  const shape =
    task === 'classification'
      ? { classes: known ?? (targets.width > 1 ? targets.width : countClasses(targets.values)) }
      : { outputs: outputs ?? targets.width };
  const source = await ArraySource.of(data, targetForm({ task, ...shape }), { inputSize });
  requireSource('The data', source, inputSize);
  return { source, shape: { inputSize, ...shape } };
}

/** The width of the inputs; in a typed array or a tensor of rank 1, how many there are for each example. */
async function widthOf(inputs: Numbers, examples: number): Promise<number> {
  const { rows, width } = await matrixOf('inputs', inputs);
  const isFlat = inputs instanceof Tensor ? inputs.rank === 1 : ArrayBuffer.isView(inputs);
  return isFlat && rows % examples === 0 ? rows / examples : width;
}

/** The number of classes, from the highest; at least two. */
function countClasses(labels: Float32Array): number {
  const bad = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < 256));
  if (bad < 0) return labels.reduce((count, label) => Math.max(count, label + 1), 2);
  throw new HarmonicError('INVALID_DATA', {
    argument: `targets[${bad}]`,
    value: labels[bad],
    allowed: 'a class from 0 to 255',
    problem: `The target of example ${bad} is ${labels[bad]}, which is not a class, an integer from 0 to 255.`,
    fix: "Pass { task: 'regression' } if the targets are numbers. (Examples are counted from 0.)",
  });
}

function fromSource(
  source: ExampleSource<Examples>,
  { task = 'classification', outputs }: HarmonicMLPOptions,
): { source: ExampleSource<Examples>; shape: Shape } {
  const { inputSize, classes, outputSize } = Object(source) as { [name: string]: number };
  requireSource('The data', source, inputSize);
  const shape = task === 'classification' ? { classes } : { outputs: outputs ?? outputSize };
  return { source, shape: { inputSize, ...shape } };
}

/** The periods of each hidden layer, proposed from examples. */
const proposed = (
  source: ExampleSource<Examples>,
  config: HarmonicMLPConfig,
  detail: number | undefined,
): Promise<string[]> =>
  withSample(source, config, async (data, key) => {
    const [units] = config.hidden;
    const standardize = config.standardizeInputs === true;
    const { periods } = await proposePeriods(data, { units, detail, standardize, seed: key });
    return [periods, ...laterPeriodsOf(config)];
  });

const laterPeriodsOf = ({ hidden }: HarmonicMLPConfig): string[] => hidden.slice(1).map(() => laterPeriods);

/**
 * Nyquist-spaced periods for the mean sampling rate of n examples of d inputs. Spread evenly over a box, there are n^(1/d) of them
 * along each side, which is √12 standard deviations long.
 */
const nyquistFor = (source: ExampleSource<Examples>, config: HarmonicMLPConfig): Promise<string> =>
  withSample(source, config, async ({ inputs }) => {
    const { values, width } = await matrixOf('inputs', inputs);
    const moments = new ColumnMoments(width);
    moments.add(values);
    const least = moments.deviations.filter((each) => each > 0).reduce((a, b) => Math.min(a, b), Infinity);
    const deviation = config.standardizeInputs || least === Infinity ? 1 : least;
    const rate = source.size ** (1 / width) / (Math.sqrt(12) * deviation);
    return `nyquist:${Number(rate.toPrecision(6))}`;
  });

/** Gives some of the examples to a function. */
async function withSample<T>(
  source: ExampleSource<Examples>,
  config: HarmonicMLPConfig,
  use: (data: { inputs: Tensor; targets: Tensor }, key: RandomKey) => Promise<T>,
): Promise<T> {
  const key = foldIn(randomKey(config.seed), 'proposal');
  const request = { batchSize: sampleSize, shuffle: foldIn(key, 'sample') };
  const form: Task<never> = config.task === undefined ? classification : multiLabel;
  for await (const batch of checkedBatches(source as ExampleSource<never>, request, form)) {
    const { inputs, targets, labels } = batch as Examples & Record<string, Tensor1D | undefined>;
    try {
      const values = targets ?? tidy(() => cast(oneHot(labels!, outputSizeOf(config)), 'float32'));
      try {
        return await use({ inputs, targets: values }, key);
      } finally {
        values.dispose();
      }
    } finally {
      disposeBatch(batch);
    }
  }
  throw new HarmonicError('INVALID_DATA', {
    argument: 'data',
    problem: 'The data set gave no batch to measure.',
    fix: 'Its batches() must give its examples each time that it is called.',
  });
}
