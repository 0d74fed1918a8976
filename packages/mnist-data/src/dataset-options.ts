import { HarmonicError, type KnownOptions, option, requireNumber } from '@harmonic-mlp/core';
import { type Normalization, requireNormalization } from './normalization';
import { requireArray } from './require-array';

/** What defines a `LabeledDataset`. */
export interface LabeledDatasetOptions {
  /**
   * The examples in row-major order, [size, inputSize]: bytes are pixels and stand for p/255; floats stand for
   * themselves and must be finite. Not copied.
   */
  inputs: Uint8Array | Uint8ClampedArray | Float32Array;
  /** The class of each example, [size]. Bytes are not copied. */
  labels: Uint8Array | Uint8ClampedArray | Int32Array | readonly number[];
  /** The number of values in an example. */
  inputSize: number;
  /** The number of classes: labels are 0 … classes − 1. */
  classes: number;
  /** The names of the classes, one for each. Default: none. */
  classNames?: readonly string[];
  /** The rows and columns of each example, if examples are images. Default: none. */
  imageShape?: readonly [number, number];
  /** Batches hold `(x − mean)/std`, where x is p/255 for bytes. Default: mean 0, std 1. */
  normalization?: Readonly<Normalization>;
  /** The name of the data set in errors, as the offending `file`. Default: none. */
  name?: string;
}

/** The names of {@link LabeledDatasetOptions}. */
export const labeledDatasetOptions: KnownOptions<LabeledDatasetOptions> = {
  inputs: true,
  labels: true,
  inputSize: true,
  classes: true,
  classNames: true,
  imageShape: true,
  normalization: true,
  name: true,
};

/** The examples of a data set as it stores them. */
interface Examples {
  inputs: Uint8Array | Float32Array;
  labels: Uint8Array;
}

/** Checks that the examples of a data set fit together, under the name of the data set if it has one. */
export function requireExamples(options: LabeledDatasetOptions): Examples {
  try {
    return checked(options);
  } catch (error) {
    const { name } = options;
    throw HarmonicError.is(error) && name !== undefined ? error.with({ file: name }) : error;
  }
}

function checked(options: LabeledDatasetOptions): Examples {
  const { inputSize, classes, classNames, imageShape, normalization } = options;
  requireNumber('inputSize', inputSize, { integer: true, min: 1 });
  requireNumber('classes', classes, { integer: true, min: 1 });
  if (normalization !== undefined) requireNormalization(normalization);
  const convert = 'Convert numbers from 0 to 255 with Uint8Array.from';
  const inputs = requireArray(
    'inputs',
    options.inputs,
    ['Float32Array'],
    `${convert}, others with Float32Array.from.`,
  );
  const labels = requireArray('labels', options.labels, ['Int32Array', 'Array'], `${convert}.`);
  const refuse = (argument: string, value: unknown, allowed: string, fix?: string) =>
    new HarmonicError('INVALID_SHAPE', { argument, value, allowed, fix });
  const { length } = inputs;
  if (length === 0 || length % inputSize !== 0) {
    throw refuse('inputs.length', length, `a positive multiple of ${option('inputSize')}, ${inputSize}`);
  }
  if (imageShape !== undefined && imageShape[0] * imageShape[1] !== inputSize) {
    throw new HarmonicError('INVALID_SHAPE', {
      argument: 'imageShape',
      value: imageShape,
      problem: `${option('imageShape')} is [${imageShape}]; rows times columns must be ${option('inputSize')}, ${inputSize}.`,
    });
  }
  if (classNames !== undefined && classNames.length !== classes) {
    throw refuse('classNames.length', classNames.length, `${classes}, one name for each class`);
  }
  const size = length / inputSize;
  if (labels.length !== size) {
    throw refuse(
      'labels.length',
      labels.length,
      `${size}, one label for each example of ${inputSize} values`,
      size === 4 * labels.length
        ? 'First convert the red, green, blue, and alpha of ImageData with grayFromRgba.'
        : undefined,
    );
  }
  const numbers = classNumbers(labels, classes);
  requireFinite(inputs, inputSize, normalization);
  return { inputs, labels: numbers };
}

/** Checks that labels are classes, and returns them as bytes; labels that are already bytes are not copied. */
function classNumbers(
  labels: Exclude<LabeledDatasetOptions['labels'], Uint8ClampedArray>,
  classes: number,
): Uint8Array {
  const most = Math.min(classes, 256) - 1;
  for (let i = 0; i < labels.length; i++) {
    const value = labels[i];
    if (Number.isInteger(value) && value >= 0 && value <= most) continue;
    throw new HarmonicError('INVALID_DATA', {
      argument: `labels[${i}]`,
      value,
      allowed: `an integer from 0 to ${most}`,
      fix: `Correct the label${value > most && classes <= 256 ? ` or raise ${option('classes')}` : ''}.`,
    });
  }
  return 'buffer' in labels && labels.BYTES_PER_ELEMENT === 1
    ? (labels as Uint8Array)
    : Uint8Array.from(labels);
}

/** Checks that every input is a finite number and stays finite when normalized. */
function requireFinite(
  inputs: Uint8Array | Float32Array,
  inputSize: number,
  { mean, std }: Normalization = { mean: 0, std: 1 },
): void {
  const scale = inputs.BYTES_PER_ELEMENT === 1 ? 255 : 1;
  const normalized = (value: number) => Math.fround((value / scale - mean) / std);
  const staysFinite = (value: number) => Number.isFinite(normalized(value));
  // Everything between two finite ends is finite.
  if (scale === 255 && staysFinite(0) && staysFinite(255)) return;
  const at = inputs.findIndex((value) => !staysFinite(value));
  if (at < 0) return;
  const value = inputs[at];
  const makes = Number.isFinite(value) ? `, which normalization makes ${normalized(value)}` : '';
  const allowed = 'a finite number';
  throw new HarmonicError('INVALID_DATA', {
    argument: `inputs[${at}]`,
    value,
    allowed,
    problem: `Feature ${at % inputSize} of example ${Math.floor(at / inputSize)} is ${value}${makes}; it must be ${allowed}.`,
    fix: makes ? 'Correct it or the normalization.' : 'Correct it, or omit the example.',
  });
}
